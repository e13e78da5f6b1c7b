# SPDX-License-Identifier: Apache-2.0
import unittest

from engines.python import support
from arbiter import torch_world
from arbiter.adapter import Group


def sum_of_ranks(group):
    world = torch_world.join(group, None)
    import torch

    message = torch.full((4,), float(group.rank + 1))
    with world.on_stream(0):
        torch.distributed.all_reduce(message)
    world.barrier()
    names = [None] * group.size
    torch.distributed.all_gather_object(names, group.rank, group=world.host_group)
    again = torch_world.join(group, None) is world
    backend = torch.distributed.get_backend(world.host_group)
    torch_world.leave()
    return message.tolist(), names, again, backend, torch.distributed.is_initialized()


def join_other_group(group):
    torch_world.join(group, None)
    torch_world.join(Group(0, 1, lambda data: [data]), None)


def join_with_a_busy_rank(group):
    import torch

    if group.rank == 1:  # as if a library had set torch up already
        store = torch.distributed.HashStore()
        torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    torch_world.join(group, None)


@unittest.skipUnless(support.has("torch"), "there is no torch in this Python")
class Join(unittest.TestCase):
    def test_the_ranks_make_one_world(self):
        self.assertEqual(support.on_ranks(sum_of_ranks), [(([3.0] * 4, [0, 1], True, "gloo", False), "")] * 2)

    def test_a_process_has_one_tp_group(self):
        for _, error in support.on_ranks(join_other_group):
            self.assertIn("asked for rank 0 of 1", error)

    def test_no_rank_waits_for_one_that_cannot_join(self):
        for _, error in support.on_ranks(join_with_a_busy_rank):
            self.assertEqual(
                error, "RuntimeError: rank 1: RuntimeError: torch.distributed is initialized already, not by Arbiter"
            )
