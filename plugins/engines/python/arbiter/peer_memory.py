# SPDX-License-Identifier: Apache-2.0
"""Where this rank sees the memory of the others, for kernels that read their inputs in place.

Engines register the inputs of their graphs with CUDA IPC, which the runner's memory (cuMemCreate) does not have. Such
memory travels as a file descriptor over a Unix socket, so the ranks share a host.
"""

import os
import socket
import struct
from typing import Any, Dict, List, Tuple

from arbiter import cuda_driver
from arbiter.adapter import Group
from arbiter.torch_world import together

_IPC, _DESCRIPTOR = 0, 1
_OFFER = struct.Struct(f"<BQQ{cuda_driver.IPC_BYTES}s64s")  # kind, offset, bytes, IPC handle, socket name
_SECONDS = 30.0


class PeerMemory:
    """The allocations of one operation, which the others keep mapped until it is released."""

    def __init__(self, group: Group, device: int, driver: Any = None) -> None:
        self._group = group
        self._device = device
        self._driver = cuda_driver.driver() if driver is None else driver
        self._peers: Dict[int, List[int]] = {}  # by the address of an allocation: the peers' allocations
        self._descriptors: List[Tuple[int, int]] = []  # mapped addresses and bytes
        self._handles: List[int] = []

    def addresses(self, address: int) -> List[int]:
        """Collective for the first address of an allocation. That memory's address on each rank, as mapped here.

        All ranks ask for the same part of their allocations, which holds for the runner's tensors.
        """
        base, size = self._driver.allocation_of(address)
        if base not in self._peers:
            with self._driver.relaxed_capture():
                self._peers[base] = self._exchange(base, size, address - base)
        offset = address - base
        return [address if rank == self._group.rank else peer + offset for rank, peer in enumerate(self._peers[base])]

    def _exchange(self, base: int, size: int, offset: int) -> List[int]:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        descriptor = None
        try:
            listener.settimeout(_SECONDS)
            name = b"\0arbiter-" + os.urandom(16).hex().encode()  # in no file system
            listener.bind(name)
            listener.listen(self._group.size)
            descriptor, handle = together(self._group, lambda: self._export(base))
            kind = _IPC if descriptor is None else _DESCRIPTOR
            offer = _OFFER.pack(kind, offset, size, handle, name)
            offers = [_OFFER.unpack(data) for data in self._group.all_gather(offer)]
            return together(self._group, lambda: self._take(base, offset, offers, listener, descriptor))
        finally:
            listener.close()
            if descriptor is not None:
                os.close(descriptor)

    def _export(self, base: int) -> Tuple[Any, bytes]:
        descriptor = self._driver.descriptor_of(base)
        return descriptor, b"" if descriptor is not None else self._driver.ipc_handle_of(base)

    def _take(self, base: int, offset: int, offers: List[Any], listener: Any, descriptor: Any) -> List[int]:
        for rank, (_, theirs, _, _, _) in enumerate(offers):
            if theirs != offset:
                raise RuntimeError(f"rank {rank} has its tensor {theirs} bytes into its memory, this rank {offset}")
        try:
            received = self._send_and_receive(offers, listener, descriptor)
        except OSError as error:  # its time-out too: the ranks agree on failures by themselves
            raise RuntimeError(f"exchange memory with the other ranks: {error}") from error
        peers = []
        try:
            for rank, (kind, _, size, handle, _) in enumerate(offers):
                if rank == self._group.rank:
                    peers.append(base)
                elif kind == _DESCRIPTOR:
                    peers.append(self._driver.map_descriptor(received[rank], size, self._device))
                    self._descriptors.append((peers[-1], size))
                else:
                    peers.append(self._driver.open_ipc(handle))
                    self._handles.append(peers[-1])
        finally:
            for number in received.values():
                os.close(number)
        return peers

    def _send_and_receive(self, offers: List[Any], listener: Any, descriptor: Any) -> Dict[int, int]:
        others = [rank for rank in range(self._group.size) if rank != self._group.rank]
        if descriptor is not None:
            for rank in others:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sender:
                    sender.settimeout(_SECONDS)
                    sender.connect(b"\0" + offers[rank][4].strip(b"\0"))
                    socket.send_fds(sender, [bytes([self._group.rank])], [descriptor])
        received: Dict[int, int] = {}
        for _ in [rank for rank in others if offers[rank][0] == _DESCRIPTOR]:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(_SECONDS)
                data, numbers, _, _ = socket.recv_fds(connection, 1, 1)
                if len(data) != 1 or len(numbers) != 1:
                    raise RuntimeError("a rank closed the connection before it sent its memory")
                received[data[0]] = numbers[0]
        return received

    def close(self) -> None:
        """Lets go of the peers' memory. Nothing may run on it any more."""
        descriptors, self._descriptors = self._descriptors, []
        handles, self._handles = self._handles, []
        self._peers.clear()
        if descriptors or handles:
            self._driver.synchronize()
        for address, size in descriptors:
            self._driver.unmap_descriptor(address, size)
        for address in handles:
            self._driver.close_ipc(address)

    def __del__(self) -> None:
        try:
            self.close()
        except Exception:  # the driver is gone at exit
            return
