# SPDX-License-Identifier: Apache-2.0
"""Real processes and descriptors; the driver is one whose device memory is a memory file."""

import contextlib
import ctypes
import mmap
import os
import unittest

from engines.python import support
from arbiter.peer_memory import PeerMemory

SIZE = 1 << 16


class HostDriver:
    def __init__(self, exports=True):
        self._exports = exports
        self.mapped = []
        self.opened = []
        self.closed = []
        self._maps = {}
        self.file = os.memfd_create("memory")
        os.ftruncate(self.file, SIZE)
        self.base = self._map(self.file)

    def _map(self, file):
        made = mmap.mmap(file, SIZE)
        address = ctypes.addressof(ctypes.c_char.from_buffer(made))
        self._maps[address] = made
        return address

    def allocation_of(self, address):
        return self.base, SIZE

    def descriptor_of(self, base):
        return os.dup(self.file) if self._exports else None

    def ipc_handle_of(self, base):
        return b"handle".ljust(64, b"\0")

    def map_descriptor(self, descriptor, size, device):
        self.mapped.append((size, device))
        return self._map(descriptor)

    def unmap_descriptor(self, address, size):
        self.closed.append(size)

    def open_ipc(self, handle):
        self.opened.append(handle.rstrip(b"\0"))
        return 0x9000

    def close_ipc(self, address):
        self.closed.append(address)

    def synchronize(self):
        pass

    @contextlib.contextmanager
    def relaxed_capture(self):
        yield


def write_to_all(group):
    driver = HostDriver()
    memory = PeerMemory(group, 3, driver)
    everywhere = memory.addresses(driver.base + 256)
    again = memory.addresses(driver.base + 512)
    group.barrier()
    for address in everywhere:
        ctypes.memset(address + group.rank, 10 + group.rank, 1)
    group.barrier()
    seen = ctypes.string_at(driver.base + 256, group.size)
    distances = [b - a for a, b in zip(everywhere, again)]
    own = everywhere[group.rank] == driver.base + 256
    memory.close()
    return seen, distances, own, driver.mapped, driver.closed


def share_cuda_malloc(group):
    driver = HostDriver(exports=False)
    memory = PeerMemory(group, 0, driver)
    found = memory.addresses(driver.base + 64)[1 - group.rank]
    memory.close()
    return found, driver.opened, driver.closed


def differ_in_place(group):
    driver = HostDriver()
    PeerMemory(group, 0, driver).addresses(driver.base + 256 * group.rank)


def fail_on_one(group):
    driver = HostDriver()
    if group.rank == 1:
        driver.descriptor_of = lambda base: (_ for _ in ()).throw(RuntimeError("not exportable"))
    PeerMemory(group, 0, driver).addresses(driver.base)


class PeerMemoryOfRanks(unittest.TestCase):
    def test_each_rank_reaches_the_memory_of_all(self):
        for result, error in support.on_ranks(write_to_all, size=3):
            self.assertEqual(error, "")
            seen, distances, own, mapped, closed = result
            self.assertEqual(seen, bytes([10, 11, 12]))
            self.assertEqual(distances, [256] * 3)
            self.assertTrue(own)
            self.assertEqual(mapped, [(SIZE, 3)] * 2)
            self.assertEqual(closed, [SIZE] * 2)

    def test_memory_without_descriptors_goes_over_cuda_ipc(self):
        for result, error in support.on_ranks(share_cuda_malloc):
            self.assertEqual((result, error), ((0x9000 + 64, [b"handle"], [0x9000]), ""))

    def test_all_ranks_refuse_tensors_at_different_places(self):
        for _, error in support.on_ranks(differ_in_place):
            self.assertIn("bytes into its memory", error)

    def test_no_rank_waits_for_one_that_cannot_export(self):
        for _, error in support.on_ranks(fail_on_one):
            self.assertEqual(error, "RuntimeError: rank 1: RuntimeError: not exportable")
