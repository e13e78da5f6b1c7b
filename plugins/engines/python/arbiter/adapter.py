# SPDX-License-Identifier: Apache-2.0
"""The interface of adapters: what brings an engine's AllReduce into a measurement."""

import ctypes
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Tuple

ITEM_BYTES = {"bfloat16": 2, "float16": 2, "float32": 4, "float8_e4m3": 1, "float4_e2m1x2": 1, "float8_e8m0": 1}

# What NumPy and __cuda_array_interface__ call them. Formats that they lack are seen as integers of their size.
TYPE_STRINGS = {"bfloat16": "<u2", "float16": "<f2", "float32": "<f4"}
TYPE_STRINGS.update(dict.fromkeys(["float8_e4m3", "float4_e2m1x2", "float8_e8m0"], "|u1"))


@dataclass(frozen=True)
class Problem:
    """One AllReduce: a message of num_tokens x hidden_size elements over tp_size ranks, and the fusion after it."""

    tp_size: int
    dtype: str
    fusion: str
    hidden_size: int
    num_tokens: int

    @property
    def shape(self) -> Tuple[int, int]:
        return (self.num_tokens, self.hidden_size)

    @property
    def elements(self) -> int:
        return self.num_tokens * self.hidden_size

    @property
    def message_bytes(self) -> int:
        return self.elements * ITEM_BYTES[self.dtype]


@dataclass(frozen=True)
class Tensor:
    """Memory of the runner. numpy() and torch() are views of it: they copy nothing and do not keep it alive."""

    name: str
    dtype: str
    shape: Tuple[int, ...]  # the message's if it has as many elements, else one dimension
    address: int
    device: Optional[int]  # the CUDA ordinal; None on the host

    @property
    def __cuda_array_interface__(self) -> Dict[str, Any]:
        return {
            "shape": self.shape,
            "typestr": TYPE_STRINGS[self.dtype],
            "data": (self.address, False),
            "strides": None,
            "version": 3,
        }

    def numpy(self) -> Any:
        """A writable array; of bfloat16 the bits, as uint16."""
        import numpy

        if self.device is not None:
            raise TypeError(f"{self.name} is memory of GPU {self.device}, which NumPy cannot see")
        count = 1
        for extent in self.shape:
            count *= extent
        memory = (ctypes.c_char * (count * ITEM_BYTES[self.dtype])).from_address(self.address)
        return numpy.frombuffer(memory, dtype=TYPE_STRINGS[self.dtype]).reshape(self.shape)

    def torch(self) -> Any:
        """A tensor of the same dtype; packed 4-bit values as uint8."""
        import torch

        kinds = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}
        kinds["float8_e4m3"] = getattr(torch, "float8_e4m3fn", torch.uint8)
        kinds["float4_e2m1x2"] = torch.uint8
        kinds["float8_e8m0"] = getattr(torch, "float8_e8m0fnu", torch.uint8)
        if self.device is None:
            bits = torch.from_numpy(self.numpy().view("<i2") if self.dtype == "bfloat16" else self.numpy())
        elif self.dtype == "bfloat16":  # __cuda_array_interface__ has no name for it
            signed = dict(self.__cuda_array_interface__, typestr="<i2")
            bits = torch.as_tensor(_Array(signed), device=f"cuda:{self.device}")
        else:
            bits = torch.as_tensor(self, device=f"cuda:{self.device}")
        return bits.view(kinds[self.dtype])


class _Array:
    def __init__(self, interface: Dict[str, Any]) -> None:
        self.__cuda_array_interface__ = interface


@dataclass
class Bindings:
    """The memory of one run. The same addresses come as the same object, so `state` keeps what belongs to them."""

    input: Tensor
    tensors: Dict[str, Tensor]  # in the fusion's order; of NONE the output "reduced"
    state: Dict[str, Any] = field(default_factory=dict)


class Group:
    """The ranks of one tp group. All calls are collective, and raise TimeoutError if a rank does not come."""

    def __init__(self, rank: int, size: int, all_gather: Callable[[bytes], List[bytes]]) -> None:
        self.rank = rank
        self.size = size
        self._all_gather = all_gather

    def all_gather(self, data: bytes) -> List[bytes]:
        """The bytes of every rank, in rank order; equally many on each."""
        return self._all_gather(data)

    def barrier(self) -> None:
        self._all_gather(b"\0")

    def broadcast(self, data: bytes, root: int = 0) -> bytes:
        """The bytes of rank `root`, on every rank. The others' own do not matter, not even their number."""
        length = int.from_bytes(self._all_gather(len(data).to_bytes(8, "little"))[root], "little")
        return self._all_gather(data if self.rank == root else bytes(length))[root]


class Adapter:
    """One AllReduce of an engine. There is one object per rank and tp group."""

    accumulation = "library"  # how it adds: fp32_rank_order, fp32, per_hop or library
    packages: Tuple[str, ...] = ()  # whose versions are recorded
    modules: Tuple[str, ...] = ()  # that it imports; as plain texts, because plans read them without running anything

    def __init__(self, options: Dict[str, str]) -> None:
        """`options`: shot, kernel and what `options:` gives. Raises ValueError: found, allowed."""
        self.options = options

    def supports(self, problem: Problem) -> Optional[str]:
        """None, or why it cannot do the problem. Not collective; the same on every rank."""
        return None

    def fuses(self, fusion: str) -> bool:
        """Whether run() does the fusion too. Otherwise it does NONE, and a separate pass follows."""
        return False

    def prepare(self, problem: Problem, group: Group, device: Optional[int]) -> Callable[[Bindings, int], None]:
        """Collective. Returns run(bindings, stream), which is collective too: it enqueues on the CUDA stream, or is
        complete on return on the host (device None). It allocates nothing, and a CUDA graph may capture it."""
        raise NotImplementedError
