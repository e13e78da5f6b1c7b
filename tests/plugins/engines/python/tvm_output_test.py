# SPDX-License-Identifier: Apache-2.0
"""With a real operator of apache-tvm-ffi, compiled for the host."""

import gc
import os
import shutil
import subprocess
import tempfile
import unittest

from engines.python import support
from arbiter import tvm_output

OPERATOR = """
#include <tvm/ffi/container/tensor.h>
#include <tvm/ffi/extra/c_env_api.h>
#include <tvm/ffi/function.h>
tvm::ffi::Tensor twice(tvm::ffi::Tensor in) {
  auto out = tvm::ffi::Tensor::FromEnvAlloc(TVMFFIEnvTensorAlloc, in.shape(), in.dtype(), in.device());
  for (int64_t i = 0; i < in.numel(); ++i) {
    static_cast<float*>(out.data_ptr())[i] = 2 * static_cast<float*>(in.data_ptr())[i];
  }
  return out;
}
tvm::ffi::Tensor same(tvm::ffi::Tensor in) { return in; }
TVM_FFI_DLL_EXPORT_TYPED_FUNC(twice, twice);
TVM_FFI_DLL_EXPORT_TYPED_FUNC(same, same);
"""


def why_not():
    for package in ("torch", "tvm_ffi"):
        if not support.has(package):
            return f"there is no {package} in this Python"
    return "" if shutil.which("g++") else "there is no g++"


@unittest.skipIf(why_not(), why_not())
class OutputPlacer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import tvm_ffi

        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        source, library = (os.path.join(folder.name, name) for name in ("twice.cpp", "twice.so"))
        with open(source, "w", encoding="utf-8") as file:
            file.write(OPERATOR)
        info = tvm_ffi.libinfo
        includes = [f"-I{path}" for path in {info.find_include_path(), info.find_dlpack_include_path()}]
        command = ["g++", "-std=c++17", "-shared", "-fPIC", *includes, source, "-o", library, info.find_libtvm_ffi()]
        subprocess.run(command, check=True)
        cls.operators = tvm_ffi.load_module(library)

    def setUp(self):
        import torch

        self.message = torch.arange(12, dtype=torch.float32).reshape(3, 4)
        self.output = torch.zeros(3, 4)
        self.placer = tvm_output.OutputPlacer()

    def run_into_output(self, operator, size=48):
        with self.placer.into(self.output.data_ptr(), size):
            return operator(tvm_output.view(self.message))

    def test_the_operator_writes_where_the_result_belongs(self):
        returned = self.run_into_output(self.operators.twice)
        self.assertEqual(self.output.tolist(), (2 * self.message).tolist())
        self.assertEqual(tuple(returned.shape), (3, 4))
        self.message += 1
        self.run_into_output(self.operators.twice)
        self.assertEqual(self.output.tolist(), (2 * self.message).tolist())

    def test_nothing_is_kept_once_the_returned_tensor_is_gone(self):
        returned = self.run_into_output(self.operators.twice)
        self.assertEqual(len(self.placer._lent), 1)
        del returned
        gc.collect()
        self.assertEqual(len(self.placer._lent), 0)

    def test_an_output_of_another_size_is_refused(self):
        with self.assertRaisesRegex(RuntimeError, "asked for 48 bytes; its output has 8"):
            self.run_into_output(self.operators.twice, size=8)
        self.run_into_output(self.operators.twice)  # and does not disturb the next

    def test_an_operator_that_does_not_ask_is_told(self):
        with self.assertRaisesRegex(RuntimeError, "did not ask"):
            self.run_into_output(self.operators.same)

    def test_outside_the_environment_is_as_before(self):
        self.run_into_output(self.operators.twice)
        before = self.output.tolist()
        self.operators.twice(self.message + 1)  # torch allocates
        self.assertEqual(self.output.tolist(), before)
