# SPDX-License-Identifier: Apache-2.0
import json
import tempfile
import unittest
from pathlib import Path

from arbiter_runtime import Decision, DecisionError

GRID = {
    "tp_size": 2,
    "dtype": "bfloat16",
    "fusion": "NONE",
    "hidden_sizes": [1024, 4096],
    "num_tokens": [1, 16, 64],
    "strategies": ["NCCL", "ONESHOT", "TWOSHOT"],
    "cells": [[1, 1, 2], [1, None, 0]],
}
STEPS = {"tp_size": 4, "dtype": "bfloat16", "fusion": "NONE", "steps": [[1024, "ONESHOT"], [4096, "TWOSHOT"], [None, "NCCL"]]}


def document(**changes):
    table = {"look_up": "nearest", "fallback": "RING", "grids": [GRID], "steps": [STEPS], **changes}
    other = {**table, "fallback": "MPI", "grids": [], "steps": []}
    return {
        "format": "arbiter-decision",
        "version": 1,
        "machine": {"platform": "sm90"},
        "setting": {"op": "allreduce"},
        "selectors": [{"name": "lut", "table": table}, {"name": "lp", "table": other}],
    }


class Reader(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = str(Path(folder.name) / "decision.json")

    def load(self, content, selector=""):
        Path(self.file).write_text(content if isinstance(content, str) else json.dumps(content))
        return Decision.load(self.file, selector)

    def select(self, decision, hidden, tokens, tp=2, dtype="bfloat16", fusion="NONE"):
        return decision.select(tp_size=tp, dtype=dtype, fusion=fusion, hidden_size=hidden, num_tokens=tokens)

    def refused(self, content, selector=""):
        with self.assertRaises(DecisionError) as caught:
            self.load(content, selector)
        self.assertTrue(str(caught.exception).startswith(self.file), caught.exception)
        return str(caught.exception)[len(self.file) :]

    def test_nearest_is_by_logarithm_and_passes_over_cells_without_an_answer(self):
        decision = self.load(document())
        self.assertEqual(self.select(decision, 1024, 64), "TWOSHOT")
        self.assertEqual(self.select(decision, 2048, 64), "TWOSHOT")  # of two equally near sizes the smaller one
        self.assertEqual(self.select(decision, 2049, 64), "NCCL")
        self.assertEqual(self.select(decision, 4096, 16), "NCCL")  # null; 64 tokens are nearer than 1

    def test_message_size_compares_bytes_across_hidden_sizes(self):
        decision = self.load(document(look_up="message_size"))
        self.assertEqual(self.select(decision, 2048, 32), "TWOSHOT")  # 64 tokens of 1024
        self.assertEqual(self.select(decision, 2048, 4), "ONESHOT")

    def test_exact_and_floor_log2_fall_back_elsewhere(self):
        exact = self.load(document(look_up="exact"))
        self.assertEqual(self.select(exact, 4096, 64), "NCCL")
        self.assertEqual(self.select(exact, 4096, 65), "RING")
        floor = self.load(document(look_up="floor_log2"))
        self.assertEqual(self.select(floor, 5000, 100), "NCCL")
        self.assertEqual(self.select(floor, 5000, 0), "RING")

    def test_steps_go_by_the_bytes_of_the_message_inclusively(self):
        decision = self.load(document())
        answers = [self.select(decision, 512, tokens, tp=4) for tokens in (1, 2, 4, 5)]
        self.assertEqual(answers, ["ONESHOT", "TWOSHOT", "TWOSHOT", "NCCL"])
        self.assertEqual(self.select(decision, 512, 1, tp=4, dtype="float32"), "TWOSHOT")  # of bfloat16, by its own bytes

    def test_a_problem_without_a_part_gets_the_fallback(self):
        decision = self.load(document())
        self.assertEqual(self.select(decision, 1024, 1, tp=8), "RING")
        self.assertEqual(self.select(decision, 1024, 1, fusion="OTHER"), "RING")

    def test_a_selector_is_the_first_or_the_named_one(self):
        self.assertEqual(self.load(document()).name, "lut")
        named = self.load(document(), "lp")
        self.assertEqual((named.name, self.select(named, 1024, 1)), ("lp", "MPI"))
        self.assertEqual(named.machine, {"platform": "sm90"})

    def test_refusals_name_file_key_and_what_is_allowed(self):
        self.assertIn("allowed: JSON", self.refused("{"))
        self.assertEqual(self.refused({"format": "x"}), ': format: found "x"; allowed: "arbiter-decision"')
        self.assertEqual(self.refused({**document(), "version": 2}), ": version: found 2; allowed: 1")
        self.assertEqual(self.refused(document(), "lptt"), ": selectors: found no lptt; allowed: lut, lp")
        self.assertIn("look_up: found closest; allowed: exact, nearest", self.refused(document(look_up="closest")))
        ragged = {**GRID, "cells": [[1, 1, 2], [1]]}
        self.assertIn("cells: found another number than 2 rows of 3", self.refused(document(grids=[ragged])))
        beyond = {**GRID, "cells": [[1, 1, 2], [1, 0, 3]]}
        self.assertIn("cells: allowed: null, or 0 to 2", self.refused(document(grids=[beyond])))

    def test_a_dtype_that_is_no_message_is_refused(self):
        with self.assertRaisesRegex(DecisionError, "dtype: found int8; allowed: bfloat16, float16, float32"):
            self.select(self.load(document()), 1024, 1, dtype="int8")


if __name__ == "__main__":
    unittest.main()
