# SPDX-License-Identifier: Apache-2.0
"""Which libraries a rank loads before Arbiter's."""

import os
import tempfile
import unittest

from arbiter import rank


class LibrariesOfPackagesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.site = folder.name

    def add(self, *path):
        file = os.path.join(self.site, *path)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        open(file, "w").close()
        return file

    def test_are_those_that_the_system_has_under_the_same_name_each_after_what_it_needs(self):
        nccl = self.add("nvidia", "nccl", "lib", "libnccl.so.2")
        cublas = self.add("nvidia", "cu13", "lib", "libcublas.so.13")
        cublas_lt = self.add("nvidia", "cu13", "lib", "libcublasLt.so.13")
        cudart = self.add("nvidia", "cu13", "lib", "libcudart.so.13")
        self.add("nvidia", "cudnn", "lib", "libcudnn.so.9")
        self.add("libnccl.so.2")
        self.assertEqual(rank.libraries_of_packages([self.site]), [cudart, cublas_lt, cublas, nccl])

    def test_are_those_of_the_first_folder_that_has_them(self):
        first = self.add("one", "nvidia", "nccl", "lib", "libnccl.so.2")
        self.add("two", "nvidia", "nccl", "lib", "libnccl.so.2")
        folders = [os.path.join(self.site, name) for name in ("none", "one", "two")]
        self.assertEqual(rank.libraries_of_packages(folders), [first])

    def test_are_none_without_such_packages(self):
        self.assertEqual(rank.libraries_of_packages(["", self.site]), [])


if __name__ == "__main__":
    unittest.main()
