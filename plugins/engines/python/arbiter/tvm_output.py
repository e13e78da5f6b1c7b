# SPDX-License-Identifier: Apache-2.0
"""Where operators of apache-tvm-ffi put the tensor that they return.

They ask the environment for memory, which inside a CUDA graph must not be allocated, and a copy to where the result
belongs would be measured with them. So for one call the environment hands out the memory of the result itself. Written
against apache-tvm-ffi 0.1.11 and its DLPack 1.x: the structures below are theirs. An operator takes the environment's
memory and stream only if no argument is a torch tensor: pass what view() returns.
"""

import contextlib
import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    c_char_p,
    c_int,
    c_int32,
    c_int64,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any, Dict, Iterator, List


class _DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", c_void_p),
        ("device_type", c_int32),
        ("device_id", c_int32),
        ("ndim", c_int32),
        ("code", c_uint8),
        ("bits", c_uint8),
        ("lanes", c_uint16),
        ("shape", POINTER(c_int64)),
        ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    ]


class _Managed(ctypes.Structure):
    pass


_Deleter = CFUNCTYPE(None, POINTER(_Managed))
_Managed._fields_ = [
    ("major", c_uint32),
    ("minor", c_uint32),
    ("manager_ctx", c_void_p),
    ("deleter", _Deleter),
    ("flags", c_uint64),
    ("tensor", _DLTensor),
]
_SetError = CFUNCTYPE(None, c_void_p, c_char_p, c_char_p)
_Allocator = CFUNCTYPE(c_int, POINTER(_DLTensor), POINTER(POINTER(_Managed)), c_void_p, _SetError)


def view(tensor: Any) -> Any:
    """The torch tensor as one of tvm_ffi, which keeps it alive."""
    import tvm_ffi

    return tvm_ffi.from_dlpack(tensor)


class OutputPlacer:
    """Hands out one piece of memory at a time. One thread."""

    def __init__(self) -> None:
        import tvm_ffi

        self._library = ctypes.CDLL(tvm_ffi.libinfo.find_libtvm_ffi())
        self._set = self._library.TVMFFIEnvSetDLPackManagedTensorAllocator
        self._set.argtypes = [c_void_p, c_int, POINTER(c_void_p)]
        self._set.restype = c_int
        self._free: List[Any] = []  # of (address, bytes) that no tensor has yet
        self._lent: Dict[int, Any] = {}  # what tensors point to, by the address of its _Managed
        self._allocator = _Allocator(self._allocate)
        self._deleter = _Deleter(self._delete)

    @contextlib.contextmanager
    def into(self, address: int, size: int) -> Iterator[None]:
        """The one tensor allocated inside the block is at `address`. Raises RuntimeError if none was."""
        before = c_void_p()
        self._free.append((address, size))
        if self._set(ctypes.cast(self._allocator, c_void_p), 0, ctypes.byref(before)) != 0:
            self._free.clear()
            raise RuntimeError("tvm_ffi did not take an allocator")
        try:
            yield
            if self._free:
                raise RuntimeError("the operator did not ask the environment for its output")
        finally:
            self._free.clear()
            self._set(before, 0, None)

    def _allocate(self, wanted: Any, out: Any, context: Any, set_error: Any) -> int:
        asked = wanted.contents
        count = 1
        for i in range(asked.ndim):
            count *= asked.shape[i]
        size = (count * asked.bits * asked.lanes + 7) // 8
        if not self._free or self._free[0][1] != size:
            free = self._free[0][1] if self._free else 0
            set_error(context, b"RuntimeError", f"the operator asked for {size} bytes; its output has {free}".encode())
            return -1
        shape = (c_int64 * max(1, asked.ndim))(*[asked.shape[i] for i in range(asked.ndim)])
        strides = (c_int64 * max(1, asked.ndim))()
        step = 1
        for i in reversed(range(asked.ndim)):
            strides[i] = step
            step *= asked.shape[i]
        managed = _Managed(1, 1, None, self._deleter, 0, _DLTensor.from_buffer_copy(asked))
        managed.tensor.data = self._free.pop()[0]
        managed.tensor.shape = ctypes.cast(shape, POINTER(c_int64))
        managed.tensor.strides = ctypes.cast(strides, POINTER(c_int64))
        managed.tensor.byte_offset = 0
        self._lent[ctypes.addressof(managed)] = (managed, shape, strides)
        out[0] = ctypes.pointer(managed)
        return 0

    def _delete(self, managed: Any) -> None:
        self._lent.pop(ctypes.addressof(managed.contents), None)
