# SPDX-License-Identifier: Apache-2.0
import importlib
import subprocess
import sys
import unittest
from unittest import mock

from arbiter.adapter import Problem

ENGINES = {
    "flashinfer": "flashinfer",
    "sglang": "sglang",
    "tensorrt_llm": "tensorrt_llm",
    "torch_symm_mem": "torch",
    "vllm": "vllm",
}
PROBLEM = Problem(2, "bfloat16", "NONE", 4096, 8)


def adapter(name):
    return importlib.import_module(f"arbiter.adapters.{name}").Adapter


class EngineAdapter(unittest.TestCase):
    def test_a_missing_package_costs_one_line(self):
        with mock.patch.dict(sys.modules, {package: None for package in (*ENGINES.values(), "tvm_ffi")}):
            reasons = {name: adapter(name)({}).supports(PROBLEM) for name in ENGINES}
        for name, reason in reasons.items():
            self.assertIsNotNone(reason, name)
            self.assertIn("cannot be loaded in", reason)
            self.assertIn("the adapter is for", reason)
            self.assertNotIn("\n", reason)

    def test_a_failed_import_is_not_tried_again(self):
        made = adapter("vllm")({})
        with mock.patch.object(made, "load", side_effect=OSError("libcudart.so.13:\n no such file")) as load:
            reasons = {made.supports(PROBLEM) for _ in range(3)}
        self.assertEqual(load.call_count, 1)
        self.assertEqual(len(reasons), 1)
        self.assertIn("OSError: libcudart.so.13: no such file", reasons.pop())

    def test_importing_an_adapter_imports_no_engine(self):
        for name in ENGINES:
            script = (
                f"import sys, arbiter.adapters.{name}; print([p for p in {list(ENGINES.values())} if p in sys.modules])"
            )
            done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
            self.assertEqual(done.stdout.strip(), "[]", name)

    def test_every_adapter_names_its_packages_and_versions(self):
        for name in ENGINES:
            self.assertIn("torch", adapter(name).packages)
            self.assertRegex(adapter(name).written_for, r"\d+\.\d+")
