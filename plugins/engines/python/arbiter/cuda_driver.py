# SPDX-License-Identifier: Apache-2.0
"""The few functions of the CUDA driver that torch does not offer: other processes' memory, and copies during a capture.

Called through ctypes; the driver is loaded when it is first needed. The current context is that of the rank's GPU.
"""

import contextlib
import ctypes
from ctypes import byref, c_char, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p
from typing import Any, Iterator, Optional, Tuple

IPC_BYTES = 64
_RELAXED = 2  # CU_STREAM_CAPTURE_MODE_RELAXED
_NON_BLOCKING = 1  # CU_STREAM_NON_BLOCKING
_LAZY_PEER_ACCESS = 1  # CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS
_FILE_DESCRIPTOR = 1  # CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR
_ON_DEVICE = 1  # CU_MEM_LOCATION_TYPE_DEVICE
_READ_WRITE = 3  # CU_MEM_ACCESS_FLAGS_PROT_READWRITE


class _IpcHandle(ctypes.Structure):
    _fields_ = [("reserved", c_char * IPC_BYTES)]


class _Access(ctypes.Structure):
    _fields_ = [("location", c_int), ("device", c_int), ("flags", c_int)]


class Driver:
    """Every failure is a RuntimeError with the driver's text."""

    def __init__(self, library: Any = None) -> None:
        self._library = ctypes.CDLL("libcuda.so.1") if library is None else library
        self._stream: Optional[c_void_p] = None

    def _call(self, name: str, *arguments: Any) -> None:
        code = getattr(self._library, name)(*arguments)
        if code == 0:
            return
        text = c_char_p()
        self._library.cuGetErrorString(code, byref(text))
        said = text.value.decode() if text.value else "unknown error"
        raise RuntimeError(f"{name}: {said} (driver error {code})")

    @contextlib.contextmanager
    def relaxed_capture(self) -> Iterator[None]:
        """Inside, this thread may call what a capture forbids, as long as it does not touch the captured stream."""
        mode = c_int(_RELAXED)
        self._call("cuThreadExchangeStreamCaptureMode", byref(mode))
        try:
            yield
        finally:
            self._call("cuThreadExchangeStreamCaptureMode", byref(mode))

    def write(self, address: int, data: bytes) -> None:
        """Copies to the device, and waits; also while a stream is captured."""
        with self.relaxed_capture():
            if self._stream is None:
                stream = c_void_p()
                self._call("cuStreamCreate", byref(stream), c_uint(_NON_BLOCKING))
                self._stream = stream
            self._call("cuMemcpyHtoDAsync_v2", c_uint64(address), data, c_size_t(len(data)), self._stream)
            self._call("cuStreamSynchronize", self._stream)

    def allocation_of(self, address: int) -> Tuple[int, int]:
        """The address and the bytes of the allocation that holds `address`."""
        base, size = c_uint64(), c_size_t()
        self._call("cuMemGetAddressRange_v2", byref(base), byref(size), c_uint64(address))
        return base.value, size.value

    def descriptor_of(self, base: int) -> Optional[int]:
        """A file descriptor of an allocation made with cuMemCreate, which the caller closes; None for any other."""
        handle = c_uint64()
        if self._library.cuMemRetainAllocationHandle(byref(handle), c_void_p(base)) != 0:
            return None
        try:
            descriptor = c_int(-1)
            kind = c_int(_FILE_DESCRIPTOR)
            self._call("cuMemExportToShareableHandle", byref(descriptor), handle, kind, c_uint64(0))
            return descriptor.value
        finally:
            self._call("cuMemRelease", handle)

    def ipc_handle_of(self, base: int) -> bytes:
        """Of an allocation made with cudaMalloc."""
        handle = _IpcHandle()
        self._call("cuIpcGetMemHandle", byref(handle), c_uint64(base))
        return bytes(handle)

    def map_descriptor(self, descriptor: int, size: int, device: int) -> int:
        """The address here of another process's allocation, readable and writable by `device`."""
        handle, address = c_uint64(), c_uint64()
        kind = c_int(_FILE_DESCRIPTOR)
        self._call("cuMemImportFromShareableHandle", byref(handle), c_void_p(descriptor), kind)
        try:
            self._call("cuMemAddressReserve", byref(address), c_size_t(size), c_size_t(0), c_uint64(0), c_uint64(0))
            try:
                self._call("cuMemMap", address, c_size_t(size), c_size_t(0), handle, c_uint64(0))
                access = _Access(_ON_DEVICE, device, _READ_WRITE)
                self._call("cuMemSetAccess", address, c_size_t(size), byref(access), c_size_t(1))
            except RuntimeError:
                self._library.cuMemUnmap(address, c_size_t(size))
                self._library.cuMemAddressFree(address, c_size_t(size))
                raise
        finally:
            self._call("cuMemRelease", handle)
        return address.value

    def unmap_descriptor(self, address: int, size: int) -> None:
        self._call("cuMemUnmap", c_uint64(address), c_size_t(size))
        self._call("cuMemAddressFree", c_uint64(address), c_size_t(size))

    def open_ipc(self, handle: bytes) -> int:
        address = c_uint64()
        raw = _IpcHandle.from_buffer_copy(handle)
        self._call("cuIpcOpenMemHandle_v2", byref(address), raw, c_uint(_LAZY_PEER_ACCESS))
        return address.value

    def close_ipc(self, address: int) -> None:
        self._call("cuIpcCloseMemHandle", c_uint64(address))

    def synchronize(self) -> None:
        self._call("cuCtxSynchronize")


_driver: Optional[Driver] = None


def driver() -> Driver:
    global _driver
    if _driver is None:
        _driver = Driver()
    return _driver
