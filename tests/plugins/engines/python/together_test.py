# SPDX-License-Identifier: Apache-2.0
import unittest

from engines.python import support
from arbiter import torch_world
from arbiter.adapter import Group


def fails_on(rank):
    def work(group):
        def step():
            if group.rank == rank:
                raise ValueError(f"no memory\non rank {rank}")
            return group.rank

        return torch_world.together(group, step)

    return work


class Together(unittest.TestCase):
    def test_returns_each_ranks_own_result(self):
        self.assertEqual(support.on_ranks(fails_on(None), size=3), [(0, ""), (1, ""), (2, "")])

    def test_all_ranks_raise_the_failing_ranks_text_in_one_line(self):
        for _, error in support.on_ranks(fails_on(1), size=3):
            self.assertEqual(error, "RuntimeError: rank 1: ValueError: no memory on rank 1")

    def test_a_long_text_is_cut_between_characters(self):
        def step():
            raise ValueError("é" * 1000)

        with self.assertRaises(RuntimeError) as caught:
            torch_world.together(support.lonely_group(), step)
        self.assertTrue(str(caught.exception).endswith("é"))

    def test_a_rank_that_does_not_come_is_not_waited_for_twice(self):
        gathers = []

        def gather(data):
            gathers.append(data)
            raise TimeoutError("rank 1 did not come")

        group = Group(0, 2, gather)
        with self.assertRaises(TimeoutError):
            torch_world.together(group, group.barrier)
        self.assertEqual(len(gathers), 1)
