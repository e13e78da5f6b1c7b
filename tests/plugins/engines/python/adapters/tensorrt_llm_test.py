# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
from types import SimpleNamespace
from unittest import mock

from engines.python import support

FUSIONS = ("NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_OUT_QUANT_FP8")


class TensorRtLlm(support.AdapterTest):
    adapter = "tensorrt_llm"

    def packages(self):
        self.calls, self.sizes, self.sees_peers, self.returns = [], [], True, []
        helper = SimpleNamespace(
            max_workspace_size_auto=lambda ranks, support_deterministic: 64 << 20,
            allocate_allreduce_fusion_workspace=lambda mapping, size: self.sizes.append(size) or ("memory", "pointers"),
        )
        content = {
            "tensorrt_llm": {},
            "tensorrt_llm._ipc_utils": {"can_access_peer": lambda mapping: self.sees_peers},
            "tensorrt_llm._torch": {},
            "tensorrt_llm._torch.distributed": {},
            "tensorrt_llm._torch.distributed.ops": {"CustomAllReduceHelper": helper},
            "tensorrt_llm.functional": {
                "AllReduceFusionOp": SimpleNamespace(**{name: 10 + i for i, name in enumerate(FUSIONS)}),
                "AllReduceStrategy": SimpleNamespace(ONESHOT=4, TWOSHOT=5),
            },
            "tensorrt_llm.mapping": {
                "Mapping": lambda **sizes: SimpleNamespace(tp_group=list(range(sizes["tp_size"])))
            },
        }
        return {name: support.module(name, **symbols) for name, symbols in content.items()}

    def setUp(self):
        super().setUp()
        self.torch.cuda.MemPool = lambda: "pool"
        self.torch.cuda.use_mem_pool = lambda pool: contextlib.nullcontext(self.log.append(("pool", pool)))
        self.torch.ops = SimpleNamespace(trtllm=SimpleNamespace(allreduce=self.all_reduce))

    def all_reduce(self, **arguments):
        self.calls.append(arguments)
        return self.returns

    def test_the_output_is_allocated_in_a_pool_and_copied(self):
        self.returns = [support.FakeTensor("made")]
        self.run_of(self.made({"shot": "one"}), self.problem())(self.bindings("reduced"), 7)
        self.assertEqual(self.log, [("pool", "pool"), ("copy", "reduced", "made")])
        call = self.calls[0]
        self.assertEqual((call["strategy"], call["op"], call["group"], call["workspace"]), (4, 10, [0, 1], "pointers"))
        self.assertIs(call["trigger_completion_at_end"], True)

    def test_outputs_of_a_fusion_come_in_the_operators_order(self):
        self.returns = [support.FakeTensor(f"output {i}") for i in range(3)]
        tensors = ("residual", "gamma", "scale", "residual_out", "norm_out", "quant_out")
        problem = self.problem(fusion="RESIDUAL_RMS_NORM_OUT_QUANT_FP8")
        self.run_of(self.made({"shot": "two"}), problem)(self.bindings(*tensors), 7)
        copies = [("copy", name, f"output {i}") for i, name in enumerate(("norm_out", "quant_out", "residual_out"))]
        self.assertEqual(self.log[1:], copies)
        call = self.calls[0]
        found = [call[name].name for name in ("residual", "norm_weight", "scale")]
        self.assertEqual(found, ["residual", "gamma", "scale"])
        self.assertEqual((call["strategy"], call["op"]), (5, 13))

    def test_another_number_of_outputs_is_an_error(self):
        run = self.run_of(self.made({}), self.problem())
        with self.assertRaisesRegex(RuntimeError, "returned 0 outputs"):
            run(self.bindings("reduced"), 7)

    def test_two_shots_need_a_token_for_each_rank(self):
        self.assertIn("tp_size or more", self.made({"shot": "two"}).supports(self.problem(num_tokens=1)))
        self.assertIsNone(self.made({"shot": "two"}).supports(self.problem(num_tokens=2)))
        self.assertIsNone(self.made({"shot": "one"}).supports(self.problem(num_tokens=1)))

    def test_messages_above_the_workspace_would_go_to_nccl(self):
        adapter = self.made({})
        self.assertIsNone(adapter.supports(self.problem(num_tokens=8192)))
        self.assertIn("allowed: up to 67108864", adapter.supports(self.problem(num_tokens=8193)))
        with mock.patch.dict(os.environ, {"TRTLLM_ALLREDUCE_FUSION_WORKSPACE_SIZE": "1000000"}):
            self.assertIn("allowed: up to 1000000", adapter.supports(self.problem(num_tokens=8192)))

    def test_what_would_go_to_nccl_without_peer_access_is_refused(self):
        self.sees_peers = False
        with self.assertRaisesRegex(RuntimeError, "it would call NCCL"):
            self.run_of(self.made({}), self.problem())
