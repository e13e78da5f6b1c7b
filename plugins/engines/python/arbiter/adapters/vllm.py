# SPDX-License-Identifier: Apache-2.0
"""vLLM's custom all-reduce, called as vLLM 0.33 calls it.

    VLLM_CUSTOM: {strategy: PYTHON, python: .../bin/python, adapter: vllm}

Without a graph the message is copied into vLLM's buffer. In a graph the kernels read the message where it is, as in the
engine, whose graphs register their inputs; `graph_input=copied` copies there too, as vLLM does with a cuMem graph pool.
`shot` chooses the kernel that vLLM's switch VLLM_CUSTOM_ALLREDUCE_ALGO chooses; the default is vLLM's own rule.
"""

import os
import struct
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional

from arbiter import cuda_driver, torch_world
from arbiter.adapter import Bindings, Group, Problem
from arbiter.engine_adapter import EngineAdapter, one_of
from arbiter.peer_memory import PeerMemory

BUFFER_BYTES = 8 << 20  # the engine's; it takes smaller messages
ROW_BYTES = 128  # of the table of registered addresses: 16 pointers
SWITCH = "VLLM_CUSTOM_ALLREDUCE_ALGO"
KERNELS = {"default": None, "one": "1stage", "two": "2stage"}


class _Communicator:
    """vLLM's object, and the rows of its table.

    A captured call reads the row after those used so far, which vLLM fills after the capture. Nobody calls an adapter
    then, so the row is filled right after the call, before the graph can run.
    """

    def __init__(self, made: Any, driver: Any) -> None:
        self.made = made
        self._driver = driver
        self._table = made.rank_data.data_ptr()
        self._rows = made.rank_data.numel() // ROW_BYTES
        self._next = 1 if made.mnnvl_buffer is None else 3  # rows of vLLM's own buffers
        own = _packed(made.buffer_ptrs)
        if made.rank_data[: len(own)].cpu().numpy().tobytes() != own:
            raise RuntimeError("vLLM's table of registered addresses has another layout than in vLLM 0.33")

    def is_half_full(self) -> bool:
        return 2 * self._next > self._rows

    def fill_next_row(self, addresses: List[int]) -> None:
        if self._next >= self._rows:
            raise RuntimeError(f"vLLM's table of {self._rows} registered addresses is full")
        row = _packed(addresses).ljust(ROW_BYTES, b"\0")
        self._driver.write(self._table + self._next * ROW_BYTES, row)
        self._next += 1


def _packed(addresses: List[int]) -> bytes:
    return struct.pack(f"<{len(addresses)}Q", *[address % (1 << 64) for address in addresses])


class Adapter(EngineAdapter):
    engine = "vLLM's custom all-reduce"
    written_for = "vllm 0.33.0"
    packages = ("torch", "vllm")
    modules = ("torch", "vllm")
    accumulation = "fp32"  # rank 0 first in one shot; in two each rank begins with itself
    choices = {"shot": tuple(KERNELS), "graph_input": ("registered", "copied")}

    def __init__(self, options: Dict[str, str]) -> None:
        super().__init__(options)
        self._communicator: Optional[_Communicator] = None

    def load(self) -> Any:
        import torch
        from vllm.distributed.device_communicators.custom_all_reduce import CustomAllreduce

        return SimpleNamespace(make=CustomAllreduce, capturing=torch.cuda.is_current_stream_capturing)

    def limit(self, problem: Problem) -> Optional[str]:
        reason = one_of(problem.dtype, ("bfloat16", "float16", "float32"), f"dtype of {self.engine}")
        reason = reason or one_of(problem.tp_size, (2, 4, 6, 8), f"tp_size of {self.engine}")
        if reason is None and problem.message_bytes % 16 != 0:
            reason = f"{self.engine}: found a message of {problem.message_bytes} bytes; allowed: multiples of 16"
        if reason is None and problem.message_bytes >= BUFFER_BYTES:
            reason = (
                f"{self.engine}: found a message of {problem.message_bytes} bytes; allowed: less than {BUFFER_BYTES}"
            )
        return reason

    def prepare(self, problem: Problem, group: Group, device: Optional[int]) -> Callable[[Bindings, int], None]:
        vllm = self.loaded()
        ordinal = self.gpu(device)
        world = torch_world.join(group, ordinal)
        communicator = torch_world.together(group, lambda: self._with_rows(world, vllm))
        registers = self.chosen["graph_input"] == "registered"
        peers = PeerMemory(group, ordinal) if registers else None
        kernel = KERNELS[self.chosen["shot"]]
        made = communicator.made

        def look(bindings: Bindings) -> Any:
            read = made.buffer_ptrs if peers is None else peers.addresses(bindings.input.address)
            return bindings.input.torch(), bindings.tensors["reduced"].torch(), read

        known = torch_world.kept("vllm", look)

        def run(bindings: Bindings, stream: int) -> None:
            message, reduced, read = known(bindings)
            with world.on_stream(stream), _kernel(kernel):
                if vllm.capturing():
                    made.all_reduce(message, out=reduced, registered=registers)
                    communicator.fill_next_row(read)
                else:
                    made.all_reduce(message, out=reduced, registered=False)

        return run

    def _with_rows(self, world: Any, vllm: Any) -> _Communicator:
        """One for all problems, until half of its table is used; what was prepared before keeps the old one."""
        if self._communicator is None or self._communicator.is_half_full():
            world.barrier()
            made = vllm.make(group=world.host_group, device=world.torch_device(), max_size=BUFFER_BYTES)
            if made.disabled:
                raise RuntimeError("vLLM disabled its custom all-reduce on these GPUs; its log says why")
            self._communicator = _Communicator(made, cuda_driver.driver())
        return self._communicator


class _kernel:
    """vLLM reads its switch at each call."""

    def __init__(self, name: Optional[str]) -> None:
        self._name = name
        self._before: Optional[str] = None

    def __enter__(self) -> None:
        if self._name is not None:
            self._before = os.environ.get(SWITCH)
            os.environ[SWITCH] = self._name

    def __exit__(self, *_: Any) -> None:
        if self._name is None:
            return
        if self._before is None:
            del os.environ[SWITCH]
        else:
            os.environ[SWITCH] = self._before
