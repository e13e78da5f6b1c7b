# SPDX-License-Identifier: Apache-2.0
"""The kernels of SGLang's custom all-reduce v2, called as SGLang 0.5.23 calls them.

    SGLANG_1SHOT_PUSH: {strategy: PYTHON, python: .../bin/python, adapter: sglang, kernel: 1shot_push}

The pulling kernels read a buffer of SGLang that the message is copied to, and in a graph the message where it is, as in
the engine, whose graphs register their inputs; `graph_input=copied` copies there too. In a graph 2shot_pull works in
place: because the message must stay as it is, it is first copied to the output, and that is part of the time.

SGLang compiles these kernels when they are first used, which may take minutes and needs nvcc.
"""

import os
import struct
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional

from arbiter import cuda_driver, torch_world
from arbiter.adapter import Bindings, Group, Problem
from arbiter.engine_adapter import EngineAdapter, one_of
from arbiter.peer_memory import PeerMemory
from arbiter.tvm_output import OutputPlacer, view

WORKSPACE_KB = "SGLANG_CUSTOM_ALL_REDUCE_V2_MAX_SIZE_KB"  # what SGLang's workspaces and so its messages are clipped to
DEFAULT_KB = 16 * 1024
PUSH_OFFSETS = 1 << 32  # the kernels stride over two slots of each rank in 32 bits
SEMAPHORE_BYTES = 128
ALIGNMENT = 1024
ROWS = 1024  # inputs that the graphs of one operation may have


def _slot_bytes(kernel: str, message_bytes: int, ranks: int) -> int:
    """What one rank's push slot must hold: in two shots a part of the message and the sum of one."""
    if kernel == "2shot_push":
        return 32 * -(-message_bytes // (16 * ranks))
    return message_bytes


def _clip_bytes() -> int:
    return int(os.environ.get(WORKSPACE_KB, DEFAULT_KB)) * 1024


class _Planes:
    """One of SGLang's communicators, with the plane that the kernel uses, and the memory that it points to."""

    def __init__(self, kernel: str, capacity: int, world: Any, sglang: Any) -> None:
        torch = sglang.torch
        device, ranks, rank = world.torch_device(), world.size, world.rank
        config = sglang.config(ranks)
        pushes = kernel.endswith("push")
        slot = _aligned(_slot_bytes(kernel, capacity, ranks))
        semaphores = 0 if pushes else SEMAPHORE_BYTES * config.num_pull_blocks
        size = 2 * ranks * slot if pushes else slot + semaphores
        self.capacity = capacity
        self._memory = sglang.memory.empty(size, dtype=torch.uint8, device=device)
        handle = sglang.memory.rendezvous(self._memory, world.host_group.group_name)
        slabs = [handle.get_buffer(peer, (size,), torch.uint8, storage_offset=0) for peer in range(ranks)]
        slabs[rank].zero_()  # empty slots and semaphores are zeros
        self._kept: List[Any] = [handle, slabs]
        if pushes:
            counter = torch.zeros((config.num_push_blocks,), dtype=torch.uint32, device=device)
            slots = [slab.view(2 * ranks, slot) for slab in slabs]
            plane = sglang.push(rank, ranks, workspaces=slots, counter=counter.view(-1, 1).view(torch.uint8))
            self._kept += [counter, slots]
            self.communicator = sglang.communicator(push=plane)
        else:
            buffers = [slab[:slot] for slab in slabs]
            flags = [slab[slot:].view(config.num_pull_blocks, SEMAPHORE_BYTES) for slab in slabs]
            plane = sglang.pull(rank, ranks, workspaces=buffers, semaphores=flags)
            self._kept += [buffers, flags]
            self.communicator = sglang.communicator(pull=plane)
        world.barrier()


def _aligned(size: int) -> int:
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


class _GraphRows:
    """The addresses that captured kernels read, one row of all ranks for each message."""

    def __init__(self, peers: PeerMemory, world: Any, torch: Any) -> None:
        self._peers = peers
        self._table = torch.zeros((ROWS, world.size), dtype=torch.uint64, device=world.torch_device())
        torch.cuda.synchronize(world.device)
        self._used = 0

    def row_of(self, address: int) -> Any:
        """Collective."""
        if self._used == ROWS:
            raise RuntimeError(f"the graphs of one operation have more than {ROWS} messages")
        row = self._table[self._used]
        self._used += 1
        addresses = self._peers.addresses(address)
        cuda_driver.driver().write(row.data_ptr(), struct.pack(f"<{len(addresses)}Q", *addresses))
        return view(row)


class Adapter(EngineAdapter):
    engine = "SGLang's custom all-reduce v2"
    written_for = "sglang 0.5.23 and apache-tvm-ffi 0.1.11"
    packages = ("torch", "sglang", "apache-tvm-ffi")
    modules = ("torch", "sglang", "tvm_ffi")
    accumulation = "fp32_rank_order"
    choices = {
        "kernel": ("1shot_push", "2shot_push", "1shot_pull", "2shot_pull"),
        "graph_input": ("registered", "copied"),
    }

    def __init__(self, options: Dict[str, str]) -> None:
        super().__init__(options)
        self._planes: Optional[_Planes] = None
        self._placer: Optional[OutputPlacer] = None

    def load(self) -> Any:
        import torch
        import torch.distributed._symmetric_memory as symmetric_memory
        import tvm_ffi
        from sglang.kernels.ops.communication import all_reduce
        from sglang.srt.distributed.device_communicators.configs import custom_all_reduce_v2

        return SimpleNamespace(
            torch=torch,
            memory=symmetric_memory,
            tvm=tvm_ffi,
            push=all_reduce.PushPlane,
            pull=all_reduce.PullPlane,
            communicator=all_reduce.Communicator,
            module=all_reduce.get_all_reduce_module,
            config=custom_all_reduce_v2.get_all_reduce_config,
        )

    def limit(self, problem: Problem) -> Optional[str]:
        reason = one_of(problem.dtype, ("bfloat16", "float16", "float32"), f"dtype of {self.engine}")
        reason = reason or one_of(problem.tp_size, (2, 3, 4, 5, 6, 7, 8, 16), f"tp_size of {self.engine}")
        if reason is not None:
            return reason
        found = f"{self.engine}: found a message of {problem.message_bytes} bytes"
        if problem.message_bytes % 16 != 0:
            return f"{found}; allowed: multiples of 16"
        kernel = self.chosen["kernel"]
        slot = _slot_bytes(kernel, problem.message_bytes, problem.tp_size)
        if slot > _clip_bytes():
            return f"{found}, which takes {slot} bytes of workspace; allowed: {_clip_bytes()} ({WORKSPACE_KB} x 1024)"
        if kernel.endswith("push") and 2 * problem.tp_size * _aligned(slot) >= PUSH_OFFSETS:
            return f"{found}, whose workspace exceeds the 32-bit offsets of {kernel}"
        return None

    def prepare(self, problem: Problem, group: Group, device: Optional[int]) -> Callable[[Bindings, int], None]:
        sglang = self.loaded()
        ordinal = self.gpu(device)
        world = torch_world.join(group, ordinal)
        kernel = self.chosen["kernel"]

        def make() -> Any:
            planes = self._room_for(problem, world, sglang)
            dtype = torch_world.dtype_of(problem.dtype)
            return planes, sglang.module(dtype, world.size).all_reduce, self._placer or OutputPlacer()

        planes, all_reduce, placer = torch_world.together(group, make)
        self._placer = placer
        in_graphs = kernel.endswith("pull") and self.chosen["graph_input"] == "registered"
        rows = _GraphRows(PeerMemory(group, ordinal), world, sglang.torch) if in_graphs else None
        in_place = kernel == "2shot_pull"
        gpu = sglang.tvm.device("cuda", ordinal)

        def look(bindings: Bindings) -> SimpleNamespace:
            message, reduced = bindings.input.torch(), bindings.tensors["reduced"].torch()
            read = bindings.tensors["reduced"] if in_place else bindings.input
            row = rows.row_of(read.address) if rows is not None else None
            return SimpleNamespace(message=message, reduced=reduced, input=view(message), output=view(reduced), row=row)

        known = torch_world.kept("sglang", look)

        def run(bindings: Bindings, stream: int) -> None:
            at = known(bindings)
            with world.on_stream(stream), sglang.tvm.use_raw_stream(gpu, stream):
                row = at.row if at.row is not None and sglang.torch.cuda.is_current_stream_capturing() else None
                if row is not None and in_place:
                    at.reduced.copy_(at.message)
                    all_reduce(planes.communicator, at.output, kernel, row, False)
                    return
                with placer.into(bindings.tensors["reduced"].address, problem.message_bytes):
                    all_reduce(planes.communicator, at.input, kernel, row, False)

        return run

    def _room_for(self, problem: Problem, world: Any, sglang: Any) -> _Planes:
        """Planes for the problem. Larger ones replace them; what was prepared before keeps the old ones."""
        if self._planes is None or self._planes.capacity < problem.message_bytes:
            world.barrier()
            capacity = max(1 << 20, 1 << (problem.message_bytes - 1).bit_length())
            if _slot_bytes(self.chosen["kernel"], capacity, world.size) > _clip_bytes():
                capacity = problem.message_bytes
            self._planes = _Planes(self.chosen["kernel"], capacity, world, sglang)
        return self._planes
