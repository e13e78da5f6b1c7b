# SPDX-License-Identifier: Apache-2.0
from types import SimpleNamespace

from engines.python import support
from arbiter import torch_world


class TorchSymmMem(support.AdapterTest):
    adapter = "torch_symm_mem"

    def packages(self):
        self.sizes = []

        def empty(size, dtype, device):
            self.sizes.append(size)
            return support.FakeTensor("buffer", size, log=self.log)

        memory = support.module(
            "torch.distributed._symmetric_memory",
            empty=empty,
            rendezvous=lambda buffer, group: SimpleNamespace(multicast_ptr=1),
        )
        distributed = support.module("torch.distributed", _symmetric_memory=memory)
        return {"torch.distributed": distributed, "torch.distributed._symmetric_memory": memory}

    def setUp(self):
        super().setUp()
        self.torch.distributed = self.packages()["torch.distributed"]
        self.torch.ops = SimpleNamespace(
            symm_mem=SimpleNamespace(
                one_shot_all_reduce_out=lambda message, *how: self.log.append(("one", message.name, *map(str, how))),
                two_shot_all_reduce_=lambda message, *how: self.log.append(("two", message.name, *how)),
                multimem_all_reduce_=lambda message, *how: self.log.append(("multimem", message.name, *how)),
            )
        )

    def ran(self, options):
        self.run_of(self.made(options), self.problem())(self.bindings("reduced"), 7)
        return self.log

    def test_one_shot_copies_in_and_writes_the_output(self):
        self.assertEqual(
            self.ran({"shot": "one"}), [("copy", "buffer", "input"), ("one", "buffer", "sum", "tp", "reduced")]
        )

    def test_two_shot_copies_in_and_out(self):
        expected = [("copy", "buffer", "input"), ("two", "buffer", "sum", "tp"), ("copy", "reduced", "buffer")]
        self.assertEqual(self.ran({"shot": "two"}), expected)
        self.assertFalse(torch_world._multicast_allowed)

    def test_multimem_is_never_called_without_permission(self):
        self.assertIn("multicast=true", self.refusal_of({"kernel": "multimem"}))
        self.assertEqual(self.ran({"kernel": "multimem", "multicast": "true"})[1], ("multimem", "buffer", "sum", "tp"))
        self.assertTrue(torch_world._multicast_allowed)

    def test_the_buffer_grows_in_powers_of_two(self):
        adapter = self.made({})
        for tokens in (1, 300, 200, 3000):
            self.run_of(adapter, self.problem(num_tokens=tokens))
        self.assertEqual(self.sizes, [1 << 20, 4 << 20, 32 << 20])

    def test_refuses_other_dtypes(self):
        self.assertIn("allowed: bfloat16, float32", self.made({}).supports(self.problem(dtype="float16")))
        self.assertIsNone(self.made({}).supports(self.problem(num_tokens=1)))

    def test_there_is_no_host_version(self):
        with self.assertRaisesRegex(RuntimeError, "GPUs only"):
            self.made({}).prepare(self.problem(), support.lonely_group(), None)
