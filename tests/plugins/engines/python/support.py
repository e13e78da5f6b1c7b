# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python adapters share."""

import contextlib
import importlib
import multiprocessing
import sys
import types
import unittest
from types import SimpleNamespace
from unittest import mock

from arbiter import torch_world
from arbiter.adapter import Bindings, Group, Problem, Tensor


def has(package):
    try:
        importlib.import_module(package)
        return True
    except ImportError:
        return False


def lonely_group(size=2):
    """Rank 0 of a group whose other ranks say what rank 0 says."""
    return Group(0, size, lambda data: [data] * size)


def _gather(rank, pipes, data):
    if rank > 0:
        pipes[0].send(data)
        return pipes[0].recv()
    parts = [data] + [pipe.recv() for pipe in pipes]
    for pipe in pipes:
        pipe.send(parts)
    return parts


def _rank(work, rank, size, pipes, results):
    try:
        results.put((rank, work(Group(rank, size, lambda data: _gather(rank, pipes, data))), ""))
    except BaseException as error:
        results.put((rank, None, f"{type(error).__name__}: {error}"))


def on_ranks(work, size=2, seconds=100):
    """work(group) in a process each. Returns (result, error text) of each rank; fails if one does not end."""
    context = multiprocessing.get_context("fork")
    ends = [context.Pipe() for _ in range(size - 1)]
    results = context.Queue()
    pipes = [[near for near, _ in ends]] + [[far] for _, far in ends]
    ranks = [
        context.Process(target=_rank, args=(work, rank, size, pipes[rank], results), daemon=True)
        for rank in range(size)
    ]
    for process in ranks:
        process.start()
    found = sorted(results.get(timeout=seconds) for _ in ranks)
    for process in ranks:
        process.join(seconds)
    return [(result, error) for _, result, error in found]


class FakeTensor:
    """A torch tensor as far as adapters look at it; what is done to it goes into `log`."""

    def __init__(self, name, size=0, address=0, log=None):
        self.name, self.size, self.address = name, size, address
        self.log = log if log is not None else []

    def __repr__(self):
        return self.name

    def copy_(self, source):
        self.log.append(("copy", self.name, source.name))

    def view(self, *_):
        return self

    def __getitem__(self, _):
        return self

    def numel(self):
        return self.size

    def data_ptr(self):
        return self.address

    def zero_(self):
        return self


class FakeWorld:
    def __init__(self, size=2):
        self.rank, self.size, self.device = 0, size, 0
        self.host_group = SimpleNamespace(group_name="tp")
        self.barriers = 0
        self.streams = []

    def torch_device(self):
        return "cuda:0"

    def barrier(self):
        self.barriers += 1

    @contextlib.contextmanager
    def on_stream(self, stream):
        self.streams.append(stream)
        yield


def module(name, **content):
    made = types.ModuleType(name)
    made.__dict__.update(content)
    return made


class AdapterTest(unittest.TestCase):
    """An adapter in a process that has the packages of `packages`, and a world of 2 ranks."""

    adapter = ""

    def packages(self):
        """Name to module; all parents, too."""
        return {}

    def setUp(self):
        self.log = []
        self.capturing = False
        self.world = FakeWorld()
        torch = module("torch", bfloat16="bf16", float16="f16", float32="f32", uint8="u8", uint32="u32", uint64="u64")
        torch.cuda = SimpleNamespace(
            is_current_stream_capturing=lambda: self.capturing, synchronize=lambda device: None
        )
        self.torch = torch
        fakes = {"torch": torch, **self.packages()}
        modules = mock.patch.dict(sys.modules, fakes)
        modules.start()
        self.addCleanup(modules.stop)
        self.patch(torch_world, "join", lambda group, device: self.world)
        self.patch(torch_world, "_multicast_allowed", False)
        self.patch(Tensor, "torch", lambda tensor: FakeTensor(tensor.name, 0, tensor.address, self.log))
        self.made = importlib.import_module(f"arbiter.adapters.{self.adapter}").Adapter

    def patch(self, owner, name, value):
        patch = mock.patch.object(owner, name, value)
        patch.start()
        self.addCleanup(patch.stop)

    def problem(self, num_tokens=8, hidden_size=4096, fusion="NONE", tp_size=2, dtype="bfloat16"):
        return Problem(tp_size, dtype, fusion, hidden_size, num_tokens)

    def bindings(self, *names, address=0x1000):
        tensors = {name: Tensor(name, "bfloat16", (1,), address + 0x100 * (i + 1), 0) for i, name in enumerate(names)}
        return Bindings(Tensor("input", "bfloat16", (1,), address, 0), tensors)

    def run_of(self, adapter, problem):
        return adapter.prepare(problem, lonely_group(problem.tp_size), 0)

    def refusal_of(self, options):
        with self.assertRaises(ValueError) as caught:
            self.made(options)
        text = str(caught.exception)
        self.assertIn("found", text)
        self.assertIn("allowed", text)
        return text
