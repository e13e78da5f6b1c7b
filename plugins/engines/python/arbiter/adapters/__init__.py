# SPDX-License-Identifier: Apache-2.0
"""The adapters that `adapter:` names."""
