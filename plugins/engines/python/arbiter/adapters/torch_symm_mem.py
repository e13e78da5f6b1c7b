# SPDX-License-Identifier: Apache-2.0
"""PyTorch's all-reduces on symmetric memory, called as vLLM 0.33 calls them.

    TORCH_SYMM_ONESHOT: {strategy: PYTHON, python: .../bin/python, adapter: torch_symm_mem, shot: one}

The message is copied into symmetric memory, and out of it where the operation works in place: an engine pays for that,
too, so it is part of the time. `kernel: multimem` needs NVLink multicast and `options: [multicast=true]`.
"""

from types import SimpleNamespace
from typing import Any, Callable, Optional

from arbiter import torch_world
from arbiter.adapter import Bindings, Group, Problem
from arbiter.engine_adapter import EngineAdapter, one_of


class Adapter(EngineAdapter):
    engine = "torch.ops.symm_mem"
    written_for = "torch 2.14"
    packages = ("torch",)
    modules = ("torch",)
    choices = {
        "shot": ("two", "one"),
        "kernel": ("peer", "multimem"),  # multimem is a two-shot of NVLink multicast
        "multicast": ("false", "true"),
    }

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self._multimem = self.chosen["kernel"] == "multimem"
        allowed = self.chosen["multicast"] == "true"
        if self._multimem and not allowed:
            raise ValueError("kernel: found multimem without multicast=true in options; allowed: peer, or both")
        if self._multimem and options.get("shot") == "one":
            raise ValueError("shot: found one with kernel multimem; allowed: two")
        if allowed:
            torch_world.allow_multicast()
        # The kernels add pairs of bfloat16, rank 0 first; the switch adds as it likes.
        self.accumulation = "library" if self._multimem else "per_hop"
        self._buffer: Any = None  # uint8, symmetric

    def load(self) -> Any:
        import torch
        import torch.distributed._symmetric_memory as symmetric_memory

        operations = torch.ops.symm_mem
        names = ("one_shot_all_reduce_out", "two_shot_all_reduce_", "multimem_all_reduce_")
        found = {name: getattr(operations, name) for name in names}
        return SimpleNamespace(memory=symmetric_memory, **found)

    def limit(self, problem: Problem) -> Optional[str]:
        reason = one_of(problem.dtype, ("bfloat16", "float32"), "dtype of torch.ops.symm_mem")
        if reason is None and problem.tp_size < 2:
            reason = f"tp_size: found {problem.tp_size}; allowed: 2 or more"
        if reason is None and problem.message_bytes % 4 != 0:
            reason = f"torch.ops.symm_mem: found a message of {problem.message_bytes} bytes; allowed: multiples of 4"
        return reason

    def prepare(self, problem: Problem, group: Group, device: Optional[int]) -> Callable[[Bindings, int], None]:
        symm_mem = self.loaded()
        world = torch_world.join(group, self.gpu(device))
        name = world.host_group.group_name
        buffer = torch_world.together(group, lambda: self._room_for(problem, world, symm_mem))
        message = buffer[: problem.message_bytes].view(torch_world.dtype_of(problem.dtype)).view(problem.shape)
        views = torch_world.kept("views", lambda b: (b.input.torch(), b.tensors["reduced"].torch()))

        def one_shot(bindings: Bindings, stream: int) -> None:
            source, reduced = views(bindings)
            with world.on_stream(stream):
                message.copy_(source)
                symm_mem.one_shot_all_reduce_out(message, "sum", name, reduced)

        in_place = symm_mem.multimem_all_reduce_ if self._multimem else symm_mem.two_shot_all_reduce_

        def two_shot(bindings: Bindings, stream: int) -> None:
            source, reduced = views(bindings)
            with world.on_stream(stream):
                message.copy_(source)
                in_place(message, "sum", name)
                reduced.copy_(message)

        return one_shot if self.chosen["shot"] == "one" else two_shot

    def _room_for(self, problem: Problem, world: Any, symm_mem: Any) -> Any:
        """Symmetric memory for the problem. A larger one replaces it; what was prepared before keeps the old one."""
        import torch

        if self._buffer is None or self._buffer.numel() < problem.message_bytes:
            world.barrier()
            size = max(1 << 20, 1 << (problem.message_bytes - 1).bit_length())
            buffer = symm_mem.memory.empty(size, dtype=torch.uint8, device=world.torch_device())
            handle = symm_mem.memory.rendezvous(buffer, world.host_group.group_name)
            if self._multimem and not handle.multicast_ptr:
                raise RuntimeError("this machine maps no memory for NVLink multicast")
            self._buffer = buffer
        return self._buffer
