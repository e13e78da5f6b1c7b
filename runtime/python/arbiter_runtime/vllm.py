# SPDX-License-Identifier: Apache-2.0
"""vLLM's communicator with Arbiter's AllReduce first. Written against vLLM 0.33.

`pip install` of this package is a plugin of vLLM's; ARBITER_VLLM=1 turns it on. What the decision does not give to a
kernel of Arbiter's goes to vLLM's own choice, not to NCCL.
"""

import logging
import os
from typing import Any

logger = logging.getLogger("vllm.arbiter")


def register() -> None:
    """Called by vLLM in each of its processes, before communicators are made."""
    if os.environ.get("ARBITER_VLLM", "0") in ("", "0") or os.environ.get("ARBITER_DISABLE", "0") not in ("", "0"):
        return
    from vllm.platforms import current_platform

    if not current_platform.is_cuda():
        return
    kind = type(current_platform)
    kind.get_device_communicator_cls = classmethod(lambda cls: f"{__name__}.ArbiterCommunicator")


def _communicator_class() -> Any:
    from vllm.distributed.device_communicators.cuda_communicator import CudaCommunicator

    import torch

    import arbiter_runtime.torch as arbiter

    class ArbiterCommunicator(CudaCommunicator):
        """CudaCommunicator, but for the sums of a tensor-parallel group that Arbiter's kernels win."""

        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.arbiter_comm = None
            if self.world_size not in (2, 4, 8) or (self.unique_name or "").split(":")[0] != "tp":
                return
            try:
                self.arbiter_comm = arbiter.communicator(self.cpu_group, self.device.index)
            except Exception as error:  # vLLM's own paths serve; all ranks fail alike
                logger.warning("arbiter: %s; vLLM's own AllReduce is used", error)
                return
            logger.info("arbiter: decided by %s", self.arbiter_comm.info()["decision"])

        def all_reduce(self, input_: Any) -> Any:
            if self.arbiter_comm is not None and arbiter.takes(self.arbiter_comm, input_):
                return torch.ops.arbiter.all_reduce(input_, self.arbiter_comm.handle)
            return super().all_reduce(input_)

        def destroy(self) -> None:
            if self.arbiter_comm is not None:
                self.arbiter_comm.destroy()
                self.arbiter_comm = None
            super().destroy()

    return ArbiterCommunicator


def __getattr__(name: str) -> Any:
    """The class is made when vLLM asks for it, so that importing this module does not import vLLM."""
    if name == "ArbiterCommunicator":
        globals()[name] = _communicator_class()
        return globals()[name]
    raise AttributeError(f"module {__name__} has no {name}")
