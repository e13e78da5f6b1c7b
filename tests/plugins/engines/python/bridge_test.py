# SPDX-License-Identifier: Apache-2.0
"""The bridge through its function pointers, as C++ calls it."""

import contextlib
import ctypes
import io
import json
import os
import tempfile
import textwrap
import unittest

from arbiter import bridge

PROBLEM = {"tp_size": 2, "dtype": "float32", "fusion": "NONE", "hidden_size": 4, "num_tokens": 2}
REDUCED = {"name": "reduced", "dtype": "float32", "units": 8, "role": "output"}

SUM = """
    import numpy, arbiter
    class Adapter(arbiter.Adapter):
        packages = ("arbiter-no-such-package",)
        def supports(self, problem):
            return None if problem.dtype == "float32" else "float32 only"
        def fuses(self, fusion):
            return fusion == self.options.get("fusion")
        def prepare(self, problem, group, device):
            def run(bindings, stream):
                # the message of each rank
                parts = group.all_gather(bindings.input.numpy().tobytes())
                total = sum(numpy.frombuffer(part, numpy.float32) for part in parts)
                bindings.tensors["reduced"].numpy()[:] = total.reshape(problem.shape)
            return run
"""


class BridgeTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.bridge = bridge.make("/usr/bin/python3").contents
        self.log = io.StringIO()
        stderr = contextlib.redirect_stderr(self.log)
        stderr.__enter__()
        self.addCleanup(stderr.__exit__, None, None, None)

    def adapter(self, text):
        path = os.path.join(self.folder.name, "adapter.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))
        return path

    def call(self, room=65536, **request):
        reply = ctypes.create_string_buffer(room)
        status = self.bridge.call(json.dumps(request).encode(), reply, room)
        text = reply.value.decode()
        return status, json.loads(text) if status == bridge.DONE else text

    def create(self, text, **options):
        return self.call(call="create", adapter=self.adapter(text), options=options)

    def prepared(self, text, gather=None, **options):
        status, made = self.create(text, **options)
        self.assertEqual(status, bridge.DONE, made)
        double = bridge._GatherFunction(gather or self.gather_twice)
        self.group = bridge._Group(None, 0, 2, double)
        reply = ctypes.create_string_buffer(65536)
        request = {"adapter": made["adapter"], "problem": PROBLEM, "device": None, "tensors": [REDUCED]}
        status = self.bridge.prepare(json.dumps(request).encode(), ctypes.pointer(self.group), reply, len(reply))
        text = reply.value.decode()
        return status, json.loads(text)["operation"] if status == bridge.DONE else text

    @staticmethod
    def gather_twice(context, data, out, size, error, room):
        """Two ranks with the same data."""
        ctypes.memmove(out, data, size)
        ctypes.memmove(out + size, data, size)
        return bridge.DONE

    def run_once(self, operation, message, reduced):
        tensors = (ctypes.c_void_p * 1)(ctypes.addressof(reduced))
        error = ctypes.create_string_buffer(4096)
        status = self.bridge.run(operation, ctypes.addressof(message), tensors, None, error, len(error))
        return status, error.value.decode()

    def test_runs_on_the_callers_memory(self):
        status, operation = self.prepared(SUM)
        self.assertEqual(status, bridge.DONE, operation)
        message, reduced = (ctypes.c_float * 8)(*range(8)), (ctypes.c_float * 8)()
        self.assertEqual(self.run_once(operation, message, reduced), (bridge.DONE, ""))
        self.assertEqual(list(reduced), [2.0 * i for i in range(8)])
        self.assertEqual(list(message), list(range(8)))

    def test_keeps_state_per_memory(self):
        counts = """
            import arbiter
            class Adapter(arbiter.Adapter):
                def prepare(self, problem, group, device):
                    def run(bindings, stream):
                        bindings.state["runs"] = bindings.state.get("runs", 0) + 1
                        bindings.tensors["reduced"].numpy()[:] = bindings.state["runs"]
                    return run
        """
        _, operation = self.prepared(counts)
        message, one, other = (ctypes.c_float * 8)(), (ctypes.c_float * 8)(), (ctypes.c_float * 8)()
        for target in (one, other, one):
            self.assertEqual(self.run_once(operation, message, target)[0], bridge.DONE)
        self.assertEqual((one[7], other[7]), (2.0, 1.0))

    def test_an_exception_is_a_line_with_its_place_and_a_traceback_in_the_log(self):
        raises = SUM.replace("# the message of each rank", 'raise ValueError("found three")')
        _, operation = self.prepared(raises)
        status, error = self.run_once(operation, (ctypes.c_float * 8)(), (ctypes.c_float * 8)())
        self.assertEqual((status, error), (bridge.FAILED, "ValueError: found three (adapter.py, line 11)"))
        self.assertIn("Traceback", self.log.getvalue())
        self.assertIn('raise ValueError("found three")', self.log.getvalue())

    def test_an_adapter_that_exits_raises_like_any_other(self):
        status, error = self.create("import sys\nsys.exit(3)")
        self.assertEqual((status, error), (bridge.FAILED, "SystemExit: 3 (adapter.py, line 2)"))

    def test_a_late_rank_is_a_timeout_without_a_traceback(self):
        def late(context, data, out, size, error, room):
            ctypes.memmove(error, b"rank 1 is late\0", 15)
            return bridge.TIMED_OUT

        _, operation = self.prepared(SUM, gather=late)
        status, error = self.run_once(operation, (ctypes.c_float * 8)(), (ctypes.c_float * 8)())
        self.assertEqual(status, bridge.TIMED_OUT)
        self.assertIn("TimeoutError: rank 1 is late", error)
        self.assertEqual(self.log.getvalue(), "")

    def test_says_what_the_adapter_supports_and_fuses(self):
        _, made = self.create(SUM, fusion="RESIDUAL_RMS_NORM")
        half = dict(PROBLEM, dtype="float16")
        number = made["adapter"]
        self.assertEqual(self.call(call="supports", adapter=number, problem=PROBLEM), (bridge.DONE, {"reason": ""}))
        self.assertEqual(
            self.call(call="supports", adapter=number, problem=half), (bridge.DONE, {"reason": "float32 only"})
        )
        for fusion, fuses in (("RESIDUAL_RMS_NORM", True), ("OTHER", False)):
            self.assertEqual(self.call(call="fuses", adapter=number, fusion=fusion), (bridge.DONE, {"fuses": fuses}))

    def test_records_the_versions_of_the_adapters_packages(self):
        _, made = self.create(SUM)
        self.assertEqual(made["versions"], {"arbiter-no-such-package": "not installed"})
        self.assertEqual(made["accumulation"], "library")

    def test_names_the_adapters_that_there_are(self):
        for name, said in (("nump", "allowed: "), ("none.py", "a .py file that exists")):
            status, error = self.call(call="create", adapter=name, options={})
            self.assertEqual(status, bridge.FAILED)
            self.assertIn(f"found {name}", error)
            self.assertIn(said, error)
        self.assertIn("numpy, ", self.call(call="create", adapter="nump", options={})[1])

    def test_refuses_a_file_without_an_adapter_and_a_prepare_without_a_function(self):
        self.assertIn("defines no class Adapter", self.create("Adapter = 3")[1])
        nothing = "import arbiter\nclass Adapter(arbiter.Adapter):\n    def prepare(self, *a): return 3"
        self.assertIn("allowed: a function run(bindings, stream)", self.prepared(nothing)[1])

    def test_cuts_a_text_to_its_room_between_characters(self):
        path = self.adapter("raise ValueError('\u00e9' * 9)")
        status, error = self.call(room=14, call="create", adapter=path, options={})
        self.assertEqual((status, error), (bridge.FAILED, "ValueError: "))

    def test_forgets_what_is_released(self):
        _, operation = self.prepared(SUM)
        self.assertEqual(self.call(call="release", operation=operation), (bridge.DONE, {}))
        status, error = self.run_once(operation, (ctypes.c_float * 8)(), (ctypes.c_float * 8)())
        self.assertEqual(status, bridge.FAILED)
        self.assertIn("KeyError", error)


if __name__ == "__main__":
    unittest.main()
