# SPDX-License-Identifier: Apache-2.0
"""What the author of an adapter imports."""

from arbiter.adapter import Adapter, Bindings, Group, Problem, Tensor

__all__ = ["Adapter", "Bindings", "Group", "Problem", "Tensor"]
