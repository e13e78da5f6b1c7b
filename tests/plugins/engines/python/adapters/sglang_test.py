# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import struct
from types import SimpleNamespace
from unittest import mock

from engines.python import support
from arbiter.adapters import sglang

TABLE = 0x5000


class Slab(support.FakeTensor):
    """Symmetric memory, as its shape."""

    def __init__(self, *shape):
        super().__init__(f"slab {shape}")
        self.shape = shape

    def __getitem__(self, part):
        if isinstance(part, slice):
            return Slab(len(range(self.shape[0])[part]))
        return support.FakeTensor("row", address=TABLE + part * 16)

    def view(self, *shape):
        return Slab(*shape) if isinstance(shape[0], int) else self


class Placer:
    def __init__(self, log):
        self._log = log

    @contextlib.contextmanager
    def into(self, address, size):
        self._log.append(("into", address, size))
        yield


class SgLang(support.AdapterTest):
    adapter = "sglang"

    def packages(self):
        self.planes, self.sizes, self.writes = [], [], []
        note = lambda kind: lambda *ranks, **parts: self.planes.append((kind, ranks, parts)) or kind  # noqa: E731

        def empty(size, dtype, device):
            self.sizes.append(size)
            return Slab(size)

        handle = SimpleNamespace(get_buffer=lambda peer, shape, dtype, storage_offset: Slab(*shape))
        memory = support.module(
            "torch.distributed._symmetric_memory", empty=empty, rendezvous=lambda buffer, group: handle
        )
        run = lambda *arguments: self.log.append(("run", *[getattr(a, "name", a) for a in arguments]))  # noqa: E731
        all_reduce = support.module(
            "sglang.kernels.ops.communication.all_reduce",
            PushPlane=note("push"),
            PullPlane=note("pull"),
            Communicator=lambda push=None, pull=None: push or pull,
            get_all_reduce_module=lambda dtype, ranks: SimpleNamespace(all_reduce=run),
        )
        config = SimpleNamespace(num_push_blocks=132, num_pull_blocks=64)
        configs = support.module(
            "sglang.srt.distributed.device_communicators.configs.custom_all_reduce_v2",
            get_all_reduce_config=lambda ranks: config,
        )
        found = {
            "torch.distributed": support.module("torch.distributed", _symmetric_memory=memory),
            "torch.distributed._symmetric_memory": memory,
            "tvm_ffi": support.module(
                "tvm_ffi",
                device=lambda kind, index: (kind, index),
                use_raw_stream=lambda device, stream: contextlib.nullcontext(self.log.append((device, stream))),
            ),
        }
        for leaf in (all_reduce, configs):
            names = leaf.__name__.split(".")
            for i in range(1, len(names)):
                found.setdefault(".".join(names[:i]), support.module(".".join(names[:i])))
            found[leaf.__name__] = leaf
            setattr(found[".".join(names[:-1])], names[-1], leaf)
        return found

    def setUp(self):
        super().setUp()
        self.torch.distributed = self.packages()["torch.distributed"]
        self.torch.zeros = lambda shape, dtype, device: Slab(*shape)
        driver = SimpleNamespace(write=lambda address, data: self.writes.append((address, data)))
        peers = SimpleNamespace(addresses=lambda address: [address, address + 1])
        self.patch(sglang.cuda_driver, "driver", lambda: driver)
        self.patch(sglang, "PeerMemory", lambda group, device: peers)
        self.patch(sglang, "OutputPlacer", lambda: Placer(self.log))
        self.patch(sglang, "view", lambda tensor: tensor)

    def ran(self, kernel, capturing=False, **options):
        run = self.run_of(self.made({"kernel": kernel, **options}), self.problem())
        bindings = self.bindings("reduced")
        run(bindings, 7)
        if capturing:
            self.capturing = True
            self.log.clear()
            run(bindings, 7)
        return self.log

    def test_the_output_is_where_the_result_belongs(self):
        for kernel in ("1shot_push", "2shot_push", "1shot_pull", "2shot_pull"):
            self.log.clear()
            plane = kernel[-4:]
            expected = [(("cuda", 0), 7), ("into", 0x1100, 65536), ("run", plane, "input", kernel, None, False)]
            self.assertEqual(self.ran(kernel), expected)

    def test_graphs_read_the_message_in_place(self):
        expected = [(("cuda", 0), 7), ("into", 0x1100, 65536), ("run", "pull", "input", "1shot_pull", "row", False)]
        self.assertEqual(self.ran("1shot_pull", capturing=True), expected)
        self.assertEqual(self.writes, [(TABLE, struct.pack("<2Q", 0x1000, 0x1001))])

    def test_two_shot_pull_in_graphs_works_on_a_copy_in_the_output(self):
        log = self.ran("2shot_pull", capturing=True)
        self.assertEqual(
            log[1:], [("copy", "reduced", "input"), ("run", "pull", "reduced", "2shot_pull", "row", False)]
        )
        self.assertEqual(self.writes, [(TABLE, struct.pack("<2Q", 0x1100, 0x1101))])

    def test_graphs_may_copy_too(self):
        log = self.ran("1shot_pull", capturing=True, graph_input="copied")
        self.assertEqual(log[-1], ("run", "pull", "input", "1shot_pull", None, False))
        self.assertEqual(self.writes, [])

    def test_planes_have_the_engines_form(self):
        self.ran("1shot_push")
        kind, ranks, parts = self.planes[-1]
        self.assertEqual((kind, ranks), ("push", (0, 2)))
        self.assertEqual([slab.shape for slab in parts["workspaces"]], [(4, 1 << 20)] * 2)
        self.assertNotIn("mc_workspace", parts)
        self.ran("1shot_pull")
        parts = self.planes[-1][2]
        self.assertEqual([slab.shape for slab in parts["workspaces"]], [(1 << 20,)] * 2)
        self.assertEqual([slab.shape for slab in parts["semaphores"]], [(64, 128)] * 2)
        self.assertEqual(self.sizes, [4 << 20, (1 << 20) + 64 * 128])

    def test_takes_what_the_workspace_holds(self):
        one, two = self.made({"kernel": "1shot_push"}), self.made({"kernel": "2shot_push"})
        self.assertIsNone(one.supports(self.problem(num_tokens=2048)))
        self.assertIn("allowed: 16777216", one.supports(self.problem(num_tokens=2049)))
        self.assertIsNone(two.supports(self.problem(num_tokens=4096, tp_size=4)))
        self.assertIn("allowed: 16777216", two.supports(self.problem(num_tokens=4097, tp_size=4)))
        with mock.patch.dict(os.environ, {"SGLANG_CUSTOM_ALL_REDUCE_V2_MAX_SIZE_KB": "8"}):
            self.assertIn("allowed: 8192", one.supports(self.problem(num_tokens=2)))
        self.assertIn("multiples of 16", one.supports(self.problem(num_tokens=1, hidden_size=4)))
        self.assertIn("tp_size", one.supports(self.problem(tp_size=9)))

    def test_mistakes_in_options_are_told(self):
        self.assertIn("found 3shot; allowed: 1shot_push, 2shot_push", self.refusal_of({"kernel": "3shot"}))
        self.assertEqual(self.refusal_of({"shot": "one"}), "options: found shot; allowed: kernel, graph_input")
