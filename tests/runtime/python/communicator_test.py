# SPDX-License-Identifier: Apache-2.0
import os
import re
import threading
import unittest
from pathlib import Path
from unittest import mock

from python import support

import arbiter_runtime
from arbiter_runtime import Communicator, Error, library
from arbiter_runtime.communicator import by_handle


def alone(data):
    return [data]


class CommunicatorCalls(unittest.TestCase):
    def test_ranks_exchange_through_the_callback(self):
        size, barrier, parts, made = 3, threading.Barrier(3), [None] * 3, [None] * 3

        def of_rank(rank):
            def all_gather(data):
                parts[rank] = data
                barrier.wait()
                gathered = list(parts)
                barrier.wait()
                return gathered

            made[rank] = Communicator(rank, size, rank, all_gather)

        with support.said() as lines:
            threads = [threading.Thread(target=of_rank, args=(rank,)) for rank in range(size)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for comm in made:
                comm.destroy()
        expected = [f"arbiter create rank {r} of 3 device {r}" for r in range(size)]
        self.assertEqual(sorted(lines)[:3], expected)

    def test_an_operation_reaches_the_library_with_all_its_members(self):
        os.environ["FAKE_RUNTIME_ADDRESSES"] = "1"
        self.addCleanup(os.environ.pop, "FAKE_RUNTIME_ADDRESSES")
        tensors = ("input", "output", "residual_in", "residual_out", "weight", "norm_out", "quant_out", "scales_out", "scale")
        with Communicator(0, 1, 5, alone) as comm:
            members = {name: 100 + i for i, name in enumerate(tensors)}
            operation = comm.operation(
                "float16", "RESIDUAL_RMS_NORM_QUANT_NVFP4", 3, 64, epsilon=0.25, weight_bias=1.0,
                scale_layout=library.LINEAR, **members,
            )  # fmt: skip
            with support.said() as lines:
                comm.all_reduce(operation, 77)
        self.assertEqual(
            lines[0], "arbiter all_reduce 3 x 64 rank 0 dtype 1 fusion 3 epsilon 0.250000 weight_bias 1.000000 layout 1"
        )
        addresses = " ".join(f"{name} {100 + i}" for i, name in enumerate(tensors))
        self.assertEqual(lines[1], f"arbiter addresses {addresses} stream 77")

    def test_options_reach_the_library(self):
        os.environ["FAKE_RUNTIME_OPTIONS"] = "1"
        self.addCleanup(os.environ.pop, "FAKE_RUNTIME_OPTIONS")
        with support.said() as lines:
            Communicator(0, 1, 0, alone).destroy()
            Communicator(
                0, 1, 0, alone, decision="out/decision.json", nccl_library="libnccl.so.2", nccl_comm=9, timeout_ms=5,
                max_workspace_bytes=6, concurrent=1,
            ).destroy()  # fmt: skip
        options = [line for line in lines if line.startswith("arbiter options")]
        defaults = "nccl_comm 0 nccl_library null decision null timeout 0 workspace 0 concurrent 0"
        given = "nccl_comm 9 nccl_library libnccl.so.2 decision out/decision.json timeout 5 workspace 6 concurrent 1"
        self.assertEqual(options, [f"arbiter options {defaults}", f"arbiter options {given}"])

    def test_a_choice_is_said_in_words(self):
        with Communicator(0, 1, 0, alone) as comm:
            small, large = comm.operation("bfloat16", "NONE", 16, 4096), comm.operation("bfloat16", "NONE", 64, 4096)
            self.assertTrue(comm.takes(small))
            self.assertFalse(comm.takes(large))
            choice = comm.explain(small)
            self.assertEqual((choice.path, choice.reason, choice.status), ("ONESHOT", "by its size", "ARBITER_OK"))
            comm.reserve(1 << 20)
            info = comm.info()
            self.assertEqual((info["reserved_bytes"], info["decision"]), (1 << 20, "a decision for tests"))

    def test_errors_have_the_librarys_words(self):
        with mock.patch.dict(os.environ, {"FAKE_RUNTIME": "refuse"}):
            with self.assertRaisesRegex(Error, "ARBITER_DECISION_REFUSED: decision.json: found tp 4; allowed: tp 2"):
                Communicator(0, 1, 0, alone)
        with Communicator(0, 1, 0, alone) as comm, mock.patch.dict(os.environ, {"FAKE_RUNTIME": "lost"}):
            with self.assertRaises(Error) as caught:
                comm.check()
            self.assertEqual(caught.exception.status, "ARBITER_PEER_LOST")

    def test_what_the_callback_raised_is_the_cause(self):
        def fails(_data):
            raise KeyError("the store is gone")

        with self.assertRaises(Error) as caught:
            Communicator(0, 1, 0, fails)
        self.assertIsInstance(caught.exception.__cause__, KeyError)
        with self.assertRaises(Error) as caught:
            Communicator(0, 2, 0, alone)
        self.assertIn("allowed: 4 per rank", str(caught.exception.__cause__))

    def test_a_handle_names_a_communicator_until_it_is_destroyed(self):
        comm = Communicator(0, 1, 0, alone)
        self.assertIs(by_handle(comm.handle), comm)
        comm.destroy()
        comm.destroy()
        with self.assertRaisesRegex(ValueError, f"comm: found {comm.handle}; allowed: the handle"):
            by_handle(comm.handle)

    def test_a_library_that_is_missing_is_said_with_the_variable(self):
        library.load.cache_clear()
        self.addCleanup(library.load.cache_clear)
        with mock.patch.dict(os.environ, {library.VARIABLE: "/no/such/file"}):
            with self.assertRaisesRegex(OSError, "ARBITER_RUNTIME_LIBRARY may name its file"):
                library.load()

    def test_the_package_has_the_version_of_the_project(self):
        root = Path(__file__).resolve().parents[3]
        own = re.search(r'^version = "(.+)"$', (root / "runtime/python/pyproject.toml").read_text(), re.M)
        project = re.search(r"^project\(Arbiter VERSION (\S+)", (root / "CMakeLists.txt").read_text(), re.M)
        self.assertEqual(own.group(1), project.group(1))

    def test_the_package_needs_no_torch(self):
        self.assertEqual(arbiter_runtime.__all__, ["Communicator", "Decision", "DecisionError", "Error"])


if __name__ == "__main__":
    unittest.main()
