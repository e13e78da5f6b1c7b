# SPDX-License-Identifier: Apache-2.0
"""vLLM's part is a double with the names and calls of vLLM 0.33."""

import os
import sys
import types
import unittest
from unittest import mock

from python import support

import arbiter_runtime.vllm as plugin


class Platform:
    @classmethod
    def get_device_communicator_cls(cls):
        return "vllm's own"

    def is_cuda(self):
        return True


class CudaCommunicator:
    def __init__(self, cpu_group, device=None, unique_name="", world_size=2):
        self.cpu_group, self.device, self.unique_name, self.world_size = cpu_group, device, unique_name, world_size
        self.destroyed = False

    def all_reduce(self, input_):
        return "vllm's own", input_

    def destroy(self):
        self.destroyed = True


def vllm():
    names = {"vllm.platforms": {"current_platform": Platform()}, "vllm": {}, "vllm.distributed": {}}
    inner = "vllm.distributed.device_communicators"
    names[inner] = {}
    names[f"{inner}.cuda_communicator"] = {"CudaCommunicator": CudaCommunicator}
    modules = {}
    for name, members in names.items():
        modules[name] = types.ModuleType(name)
        vars(modules[name]).update(members)
    return mock.patch.dict(sys.modules, modules)


class Plugin(unittest.TestCase):
    def setUp(self):
        own = Platform.__dict__["get_device_communicator_cls"]
        self.addCleanup(setattr, Platform, "get_device_communicator_cls", own)

    def registered(self, **environment):
        with vllm(), mock.patch.dict(os.environ, environment):
            plugin.register()
        return Platform.get_device_communicator_cls()

    def test_it_is_off_unless_it_is_asked_for(self):
        self.assertEqual(self.registered(), "vllm's own")
        self.assertEqual(self.registered(ARBITER_VLLM="0"), "vllm's own")
        self.assertEqual(self.registered(ARBITER_VLLM="1", ARBITER_DISABLE="1"), "vllm's own")

    def test_it_gives_vllm_the_name_of_its_communicator(self):
        self.assertEqual(self.registered(ARBITER_VLLM="1"), "arbiter_runtime.vllm.ArbiterCommunicator")

    def test_other_names_are_missing_as_of_any_module(self):
        with self.assertRaises(AttributeError):
            plugin.NoSuchThing


@unittest.skipUnless(support.has("torch"), "there is no torch in this Python")
class Communicator(unittest.TestCase):
    def made(self, **options):
        import torch

        import arbiter_runtime.torch as arbiter

        vars(plugin).pop("ArbiterCommunicator", None)
        arbiter_comm = mock.Mock(handle=5)
        arbiter_comm.info.return_value = {"decision": "a decision"}
        make = mock.patch.object(arbiter, "communicator", return_value=arbiter_comm)
        with vllm(), make as self.make:
            return plugin.ArbiterCommunicator("the group", torch.device("cuda:3"), **options), arbiter_comm, arbiter

    def test_a_tensor_parallel_group_is_served(self):
        communicator, arbiter_comm, arbiter = self.made(unique_name="tp:0")
        self.make.assert_called_once_with("the group", 3)
        with mock.patch.object(arbiter, "takes", return_value=False):
            self.assertEqual(communicator.all_reduce("x"), ("vllm's own", "x"))
        with mock.patch.object(arbiter, "takes", return_value=True), mock.patch("torch.ops.arbiter.all_reduce") as run:
            self.assertIs(communicator.all_reduce("x"), run.return_value)
            run.assert_called_once_with("x", 5)
        communicator.destroy()
        arbiter_comm.destroy.assert_called_once_with()
        self.assertTrue(communicator.destroyed)

    def test_other_groups_are_vllms(self):
        for options in ({"unique_name": "ep:0"}, {"unique_name": "tpx:0"}, {"unique_name": "tp:0", "world_size": 3}):
            communicator, _, _ = self.made(**options)
            self.make.assert_not_called()
            self.assertEqual(communicator.all_reduce("x"), ("vllm's own", "x"))

    def test_a_communicator_that_fails_leaves_vllm_its_own(self):
        import arbiter_runtime.torch as arbiter

        vars(plugin).pop("ArbiterCommunicator", None)
        with vllm(), mock.patch.object(arbiter, "communicator", side_effect=OSError("no library")):
            with self.assertLogs("vllm.arbiter", "WARNING") as logs:
                communicator = plugin.ArbiterCommunicator("the group", mock.Mock(index=0), unique_name="tp:0")
        self.assertIn("no library; vLLM's own AllReduce is used", logs.output[0])
        self.assertEqual(communicator.all_reduce("x"), ("vllm's own", "x"))


if __name__ == "__main__":
    unittest.main()
