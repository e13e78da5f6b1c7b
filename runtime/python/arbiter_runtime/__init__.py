# SPDX-License-Identifier: Apache-2.0
"""The AllReduce kernels that Arbiter measured, from Python.

    import torch, arbiter_runtime.torch as arbiter

    comm = arbiter.communicator(largest_message_bytes=64 << 20)      # collective, over torch.distributed's world
    norm, residual = torch.ops.arbiter.all_reduce_rms_norm(x, residual, weight, 1e-5, comm.handle)

`arbiter_runtime` itself needs the standard library alone: Communicator takes device addresses, and Decision reads a
decision.json. `arbiter_runtime.torch` brings the operations, `arbiter_runtime.vllm` vLLM's communicator.
"""

from arbiter_runtime.communicator import Communicator, Error
from arbiter_runtime.decision import Decision, DecisionError

__all__ = ["Communicator", "Decision", "DecisionError", "Error"]
