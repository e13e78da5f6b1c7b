# SPDX-License-Identifier: Apache-2.0
import os
import unittest
from unittest import mock

from python import support

if support.has("torch"):
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    import arbiter_runtime.torch as arbiter
    from arbiter_runtime import Communicator


@unittest.skipUnless(support.has("torch"), "there is no torch in this Python")
class Operations(unittest.TestCase):
    def setUp(self):
        self.comm = Communicator(0, 1, 0, lambda data: [data])
        self.addCleanup(self.comm.destroy)
        stream = mock.patch("torch.cuda.current_stream")
        stream.start().return_value.cuda_stream = 77
        self.addCleanup(stream.stop)

    def test_fakes_have_the_shapes_dtypes_and_devices_of_the_outputs(self):
        ops = torch.ops.arbiter
        with FakeTensorMode():
            new = lambda *shape, dtype=torch.bfloat16: torch.empty(*shape, dtype=dtype, device="cuda")
            x, weight, scale = new(2, 100, 64), new(64), new(1, dtype=torch.float32)
            of = lambda *tensors: [(tuple(t.shape), t.dtype, t.device.type) for t in tensors]
            same = ((2, 100, 64), torch.bfloat16, "cuda")
            self.assertEqual(of(ops.all_reduce(x, 1)), [same])
            self.assertIsNone(ops.all_reduce_(x, 1))
            self.assertEqual(of(*ops.all_reduce_rms_norm(x, x, weight, 1e-5, 1)), [same, same])
            self.assertIsNone(ops.all_reduce_rms_norm_(x, x, weight, 1e-5, 1))
            fp8 = ((2, 100, 64), torch.float8_e4m3fn, "cuda")
            self.assertEqual(of(*ops.all_reduce_rms_norm_fp8(x, x, weight, scale, 1e-5, 1)), [fp8, same])
            codes = ((2, 100, 32), torch.uint8, "cuda")
            swizzled, linear = ((1024,), *fp8[1:]), ((200, 4), *fp8[1:])  # 200 rows of 4 blocks: two tiles of 128 x 4
            self.assertEqual(
                of(*ops.all_reduce_rms_norm_nvfp4(x, x, weight, scale, 1e-5, 1)), [codes, swizzled, same]
            )
            self.assertEqual(
                of(*ops.all_reduce_rms_norm_nvfp4(x, x, weight, scale, 1e-5, 1, 0.0, False)), [codes, linear, same]
            )

    def test_a_compiled_function_is_one_graph(self):
        def layer(x, residual, weight):
            norm, total = torch.ops.arbiter.all_reduce_rms_norm(x, residual, weight, 1e-5, self.comm.handle)
            return norm * 2 + total

        x, weight = torch.empty(4, 64, device="meta"), torch.empty(64, device="meta")
        self.assertEqual(torch.compile(layer, backend="eager", fullgraph=True)(x, x, weight).shape, x.shape)

    def test_in_place_operations_say_what_they_change(self):
        schema = torch.ops.arbiter.all_reduce_rms_norm_.default._schema
        written = {a.name for a in schema.arguments if a.alias_info is not None and a.alias_info.is_write}
        self.assertEqual(written, {"input", "residual"})

    def test_tensors_reach_the_library(self):
        os.environ["FAKE_RUNTIME_ADDRESSES"] = "1"
        self.addCleanup(os.environ.pop, "FAKE_RUNTIME_ADDRESSES")
        x, residual = torch.zeros(3, 5, 64, dtype=torch.float16), torch.zeros(3, 5, 64, dtype=torch.float16)
        weight = torch.zeros(64, dtype=torch.float16)
        with support.said() as lines:
            norm, total = arbiter._all_reduce_rms_norm(x, residual, weight, 0.5, self.comm.handle, 1.0)
        self.assertEqual(
            lines[0], "arbiter all_reduce 15 x 64 rank 0 dtype 1 fusion 1 epsilon 0.500000 weight_bias 1.000000 layout 0"
        )
        for text in (
            f"input {x.data_ptr()} output 0 residual_in {residual.data_ptr()} residual_out {total.data_ptr()} ",
            f"weight {weight.data_ptr()} norm_out {norm.data_ptr()} ",
            " stream 77",
        ):
            self.assertIn(text, lines[1])

    def test_refusals_name_the_tensor(self):
        new = lambda *shape, dtype=torch.bfloat16: torch.zeros(*shape, dtype=dtype)
        x, weight, scale, comm = new(4, 64), new(64), new(1, dtype=torch.float32), self.comm.handle
        for text, call in (
            ("input: found torch.int32; allowed: bfloat16", lambda: arbiter._all_reduce(x.int(), comm)),
            ("input: found strides .*; allowed: a contiguous tensor", lambda: arbiter._all_reduce_(x.t(), comm)),
            ("residual: found .*3, 64.*; allowed: .*4, 64", lambda: arbiter._all_reduce_rms_norm(x, x[:3], weight, 1, comm)),
            ("weight: found .*32", lambda: arbiter._all_reduce_rms_norm(x, x, weight[:32], 1, comm)),
            ("scale: .*bfloat16", lambda: arbiter._all_reduce_rms_norm_fp8(x, x, weight, weight[:1], 1, comm)),
            ("comm: found 0; allowed: the handle", lambda: arbiter._all_reduce(x, 0)),
        ):
            with self.assertRaisesRegex(ValueError, text):
                call()

    def test_an_engine_can_ask_who_runs_a_message(self):
        self.assertTrue(arbiter.takes(self.comm, torch.zeros(16, 64)))
        self.assertFalse(arbiter.takes(self.comm, torch.zeros(4096, 64)))
        self.assertFalse(arbiter.takes(self.comm, torch.zeros(16, 64).t()))
        self.assertFalse(arbiter.takes(self.comm, torch.zeros(16, 64, dtype=torch.int32)))


if __name__ == "__main__":
    unittest.main()
