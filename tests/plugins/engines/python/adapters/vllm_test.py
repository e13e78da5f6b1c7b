# SPDX-License-Identifier: Apache-2.0
import os
import struct
from types import SimpleNamespace
from unittest import mock

from engines.python import support
from arbiter.adapters import vllm

BUFFERS = [0x7000, -0x8000]  # vLLM's pointers are signed
TABLE = 0x5000
ROW = 128


class Table:
    """rank_data of vLLM, with its own buffers in the first row."""

    def __init__(self, first):
        self._first = first

    def numel(self):
        return 8 << 20

    def data_ptr(self):
        return TABLE

    def __getitem__(self, part):
        return SimpleNamespace(cpu=lambda: SimpleNamespace(numpy=lambda: memoryview(self._first[part])))


def pointers(*addresses):
    return struct.pack(f"<{len(addresses)}Q", *[address % (1 << 64) for address in addresses])


class Vllm(support.AdapterTest):
    adapter = "vllm"
    first_row = pointers(*BUFFERS)

    def packages(self):
        self.calls, self.made_with, self.writes, self.asked = [], [], [], []
        self.disabled = False

        def make(**arguments):
            self.made_with.append(arguments)
            return SimpleNamespace(
                rank_data=Table(self.first_row),
                buffer_ptrs=BUFFERS,
                mnnvl_buffer=None,
                disabled=self.disabled,
                all_reduce=self.all_reduce,
            )

        path = "vllm.distributed.device_communicators.custom_all_reduce"
        names = [path.rsplit(".", i)[0] for i in range(3, -1, -1)]
        found = {name: support.module(name) for name in names}
        found[path].CustomAllreduce = make
        return found

    def setUp(self):
        super().setUp()
        driver = SimpleNamespace(write=lambda address, data: self.writes.append((address, data)))
        peers = SimpleNamespace(addresses=lambda address: self.asked.append(address) or [address, address + 1])
        self.patch(vllm.cuda_driver, "driver", lambda: driver)
        self.patch(vllm, "PeerMemory", lambda group, device: peers)

    def all_reduce(self, message, out, registered):
        self.calls.append((message.name, out.name, registered, os.environ.get("VLLM_CUSTOM_ALLREDUCE_ALGO")))

    def test_outside_graphs_the_message_is_copied(self):
        self.run_of(self.made({}), self.problem())(self.bindings("reduced"), 7)
        self.assertEqual(self.calls, [("input", "reduced", False, None)])
        self.assertEqual(self.writes, [])
        self.assertEqual(self.made_with[0]["max_size"], 8 << 20)

    def test_each_captured_call_has_the_next_row_of_registered_addresses(self):
        run = self.run_of(self.made({}), self.problem())
        first, second = self.bindings("reduced"), self.bindings("reduced", address=0x2000)
        run(first, 7)
        self.capturing = True
        for bindings in (first, second, first):
            run(bindings, 7)
        self.assertEqual([call[2] for call in self.calls], [False, True, True, True])
        rows = [
            (TABLE + (i + 1) * ROW, pointers(at, at + 1).ljust(ROW, b"\0"))
            for i, at in enumerate((0x1000, 0x2000, 0x1000))
        ]
        self.assertEqual(self.writes, rows)
        self.assertEqual(self.asked, [0x1000, 0x2000])  # once for each message

    def test_a_copied_input_registers_the_engines_buffers(self):
        run = self.run_of(self.made({"graph_input": "copied"}), self.problem())
        self.capturing = True
        run(self.bindings("reduced"), 7)
        self.assertEqual(self.calls[0][2], False)
        self.assertEqual(self.writes, [(TABLE + ROW, pointers(*BUFFERS).ljust(ROW, b"\0"))])
        self.assertEqual(self.asked, [])

    def test_the_kernel_is_chosen_for_its_call_only(self):
        with mock.patch.dict(os.environ, {"VLLM_CUSTOM_ALLREDUCE_ALGO": "mine"}):
            self.run_of(self.made({"shot": "two"}), self.problem())(self.bindings("reduced"), 7)
            self.assertEqual(os.environ["VLLM_CUSTOM_ALLREDUCE_ALGO"], "mine")
        self.assertEqual(self.calls[0][3], "2stage")

    def test_a_table_of_another_layout_is_refused(self):
        self.first_row = pointers(1, 2)
        with self.assertRaisesRegex(RuntimeError, "another layout"):
            self.run_of(self.made({}), self.problem())

    def test_a_disabled_communicator_is_told(self):
        self.disabled = True
        with self.assertRaisesRegex(RuntimeError, "disabled"):
            self.run_of(self.made({}), self.problem())

    def test_takes_what_the_engine_takes(self):
        adapter = self.made({})
        self.assertIsNone(adapter.supports(self.problem(num_tokens=1023)))
        self.assertIn("less than 8388608", adapter.supports(self.problem(num_tokens=1024)))
        self.assertIn("multiples of 16", adapter.supports(self.problem(num_tokens=1, hidden_size=4)))
        self.assertIn("allowed: 2, 4, 6, 8", adapter.supports(self.problem(tp_size=16)))
        self.assertFalse(adapter.fuses("RESIDUAL_RMS_NORM"))

    def test_mistakes_in_options_are_told(self):
        self.assertEqual(self.refusal_of({"shot": "three"}), "shot: found three; allowed: default, one, two")
        self.assertEqual(self.refusal_of({"kernel": "one"}), "options: found kernel; allowed: shot, graph_input")
