# SPDX-License-Identifier: Apache-2.0
"""The calls, against a driver that notes them. What they do needs a GPU."""

import ctypes
import unittest
from ctypes import POINTER, c_char_p, c_int, c_uint64, cast

from arbiter.cuda_driver import Driver


class Library:
    def __init__(self, codes=None):
        self.codes = codes or {}
        self.calls = []
        self.mode = 1  # the capture's, thread-local

    def __getattr__(self, name):
        def call(*arguments):
            self.calls.append((name, [getattr(argument, "value", argument) for argument in arguments]))
            if name == "cuThreadExchangeStreamCaptureMode":
                asked = cast(arguments[0], POINTER(c_int))
                self.mode, asked[0] = asked[0], self.mode
            if name == "cuGetErrorString":
                cast(arguments[1], POINTER(c_char_p))[0] = b"out of memory"
            if name in ("cuMemImportFromShareableHandle", "cuMemAddressReserve"):
                cast(arguments[0], POINTER(c_uint64))[0] = 0x7000
            if name == "cuMemSetAccess":
                self.access = list(ctypes.string_at(arguments[2], 12))[::4]
            return self.codes.get(name, 0)

        return call

    def names(self):
        return [name for name, _ in self.calls]


class CudaDriver(unittest.TestCase):
    def test_writes_during_a_capture_and_restores_its_mode(self):
        library = Library()
        driver = Driver(library)
        driver.write(0x1234, b"row")
        driver.write(0x5678, b"row")
        self.assertEqual(library.names().count("cuStreamCreate"), 1)
        copies = [arguments[:3] for name, arguments in library.calls if name == "cuMemcpyHtoDAsync_v2"]
        self.assertEqual(copies, [[0x1234, b"row", 3], [0x5678, b"row", 3]])
        self.assertEqual(library.mode, 1)

    def test_a_failure_has_the_drivers_text_and_restores_the_mode(self):
        library = Library({"cuMemcpyHtoDAsync_v2": 2})
        with self.assertRaises(RuntimeError) as caught:
            Driver(library).write(0x1234, b"row")
        self.assertEqual(str(caught.exception), "cuMemcpyHtoDAsync_v2: out of memory (driver error 2)")
        self.assertEqual(library.mode, 1)

    def test_maps_a_descriptor_readable_and_writable(self):
        library = Library()
        self.assertEqual(Driver(library).map_descriptor(5, 1 << 21, 3), 0x7000)
        self.assertEqual(library.access, [1, 3, 3])
        self.assertEqual(library.names()[-1], "cuMemRelease")

    def test_a_failed_mapping_leaves_nothing(self):
        library = Library({"cuMemSetAccess": 2})
        with self.assertRaises(RuntimeError):
            Driver(library).map_descriptor(5, 1 << 21, 3)
        self.assertIn("cuMemAddressFree", library.names())
        self.assertIn("cuMemRelease", library.names())

    def test_memory_of_cuda_malloc_has_no_descriptor(self):
        self.assertIsNone(Driver(Library({"cuMemRetainAllocationHandle": 1})).descriptor_of(0x1000))
