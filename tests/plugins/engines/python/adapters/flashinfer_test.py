# SPDX-License-Identifier: Apache-2.0
import gc
from types import SimpleNamespace

from engines.python import support


class FlashInfer(support.AdapterTest):
    adapter = "flashinfer"

    def packages(self):
        self.made_workspaces, self.released, self.calls = [], [], []
        patterns = SimpleNamespace(
            kAllReduce=0, kARResidualRMSNorm=1, kARResidualRMSNormFP8Quant=2, kARResidualRMSNormOutFP8Quant=4
        )

        def create(**arguments):
            self.made_workspaces.append(arguments)
            handles = [len(self.made_workspaces)]
            return SimpleNamespace(backend=arguments["backend"], ipc_handles=handles, destroy=lambda: None)

        comm = support.module(
            "flashinfer.comm",
            create_allreduce_fusion_workspace=create,
            trtllm_destroy_ipc_workspace_for_all_reduce_fusion=lambda handles: self.released.append(handles[0]),
            allreduce_fusion=lambda **arguments: self.calls.append(arguments),
            AllReduceFusionPattern=patterns,
            QuantizationSFLayout=SimpleNamespace(SWIZZLED_128x4=0),
        )
        mnnvl = support.module("flashinfer.comm.mnnvl", TorchDistBackend=lambda group: ("over", group.group_name))
        comm.mnnvl = mnnvl
        return {
            "flashinfer": support.module("flashinfer", comm=comm),
            "flashinfer.comm": comm,
            "flashinfer.comm.mnnvl": mnnvl,
        }

    def call_of(self, options, problem, *tensors):
        self.run_of(self.made(options), problem)(self.bindings(*tensors), 7)
        return self.calls[-1]

    def test_one_shot_is_called_as_vllm_calls_it(self):
        call = self.call_of({"shot": "one"}, self.problem(), "reduced")
        self.assertEqual(call["pattern"], 0)
        self.assertIs(call["use_oneshot"], True)
        self.assertIs(call["launch_with_pdl"], True)
        self.assertIs(call["trigger_completion_at_end"], True)
        self.assertIs(call["fp32_acc"], False)
        self.assertEqual(call["output"].name, "reduced")
        self.assertEqual(self.world.streams, [7])

    def test_each_fusion_has_its_pattern_and_its_tensors(self):
        inputs = ("residual", "gamma", "scale")
        fused = {
            "RESIDUAL_RMS_NORM": (1, ("residual", "gamma", "residual_out", "norm_out")),
            "RESIDUAL_RMS_NORM_QUANT_FP8": (2, (*inputs, "residual_out", "quant_out")),
            "RESIDUAL_RMS_NORM_OUT_QUANT_FP8": (4, (*inputs, "residual_out", "norm_out", "quant_out")),
        }
        arguments = {"residual_in": "residual", "rms_gamma": "gamma", "scale_factor": "scale"}
        arguments.update({name: name for name in ("residual_out", "norm_out", "quant_out")})
        for fusion, (pattern, tensors) in fused.items():
            call = self.call_of({"shot": "two", "eps": "1e-6"}, self.problem(fusion=fusion), *tensors)
            self.assertEqual(call["pattern"], pattern)
            self.assertIs(call["use_oneshot"], False)
            self.assertIs(call["fp32_acc"], True)
            self.assertEqual(call["rms_eps"], 1e-6)
            self.assertIsNotNone(call["output"])  # or FlashInfer allocates one inside the graph
            for argument, tensor in arguments.items():
                found = call[argument].name if call[argument] is not None else None
                self.assertEqual(found, tensor if tensor in tensors else None, (fusion, argument))

    def test_options_reach_the_call(self):
        call = self.call_of({"trigger": "early", "fp32_acc": "true"}, self.problem(), "reduced")
        self.assertIs(call["trigger_completion_at_end"], False)
        self.assertIs(call["fp32_acc"], True)
        self.assertIsNone(call["use_oneshot"])

    def test_one_workspace_serves_until_a_larger_one_is_needed(self):
        adapter = self.made({"shot": "one"})
        large = self.run_of(adapter, self.problem(num_tokens=1024))
        self.run_of(adapter, self.problem(num_tokens=8, hidden_size=2048))
        self.assertEqual(len(self.made_workspaces), 1)
        self.assertEqual(self.made_workspaces[0]["comm_backend"], ("over", "tp"))
        larger = self.run_of(adapter, self.problem(num_tokens=4096))
        self.assertEqual(self.made_workspaces[1]["max_token_num"], 4096)
        self.assertEqual(self.world.barriers, 2)
        gc.collect()
        self.assertEqual(self.released, [])  # a graph may still run on the first
        del large
        gc.collect()
        self.assertEqual(self.released, [1])
        del larger

    def test_refuses_what_the_kernels_cannot_do(self):
        refused = (
            ("two", self.problem(num_tokens=2), "num_tokens"),
            ("one", self.problem(hidden_size=4100), "multiples of 8"),
            ("one", self.problem(hidden_size=8 * 1031), "blocks"),
            ("one", self.problem(tp_size=3), "tp_size"),
            ("default", self.problem(tp_size=16), "tp_size"),
            ("one", self.problem(num_tokens=8192, hidden_size=8192, tp_size=8), "less than 134217728"),
        )
        for shot, problem, why in refused:
            self.assertIn(why, self.made({"shot": shot}).supports(problem) or "", problem)
        self.assertIsNone(self.made({"shot": "two"}).supports(self.problem(num_tokens=3)))
        self.assertIsNone(self.made({"shot": "one"}).supports(self.problem(num_tokens=1)))
        self.assertIsNone(
            self.made({"shot": "one"}).supports(self.problem(num_tokens=8192, hidden_size=7168, tp_size=8))
        )

    def test_multicast_needs_permission(self):
        self.assertIn("multicast=true", self.refusal_of({"backend": "mnnvl"}))
        self.run_of(self.made({"backend": "mnnvl", "multicast": "true"}), self.problem())
        self.assertEqual(self.made_workspaces[-1]["backend"], "mnnvl")
        self.run_of(self.made({}), self.problem())
        self.assertEqual(self.made_workspaces[-1]["backend"], "trtllm")

    def test_mistakes_in_options_are_told(self):
        self.assertEqual(self.refusal_of({"shot": "three"}), "shot: found three; allowed: default, one, two")
        self.assertIn("allowed: shot, backend", self.refusal_of({"tiger": "end"}))
        self.assertIn("a number above 0", self.refusal_of({"eps": "small"}))
