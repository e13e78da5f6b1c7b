# SPDX-License-Identifier: Apache-2.0
"""choose() by SGLang's own code, on one host without multicast. Set before: CAPABILITY of the GPU, GRAPH, and ARTEFACT,
the path of what is pasted at the end of SGLang's file of limits, or nothing."""
import sys
import types

from engine_source import package_file, take_methods

sys.modules["torch"] = types.SimpleNamespace(
    cuda=types.SimpleNamespace(
        get_device_capability=lambda: CAPABILITY,
        get_device_properties=lambda: types.SimpleNamespace(multi_processor_count=132),
    )
)
folder = "srt/distributed/device_communicators/"
source = package_file("sglang", folder + "configs/custom_all_reduce_v2.py")
if ARTEFACT:
    with open(ARTEFACT, encoding="utf-8") as pasted:
        source += pasted.read()
limits = {"__name__": "limits"}
exec(source, limits)

algorithms = types.SimpleNamespace(
    ONE_SHOT_PUSH="1shot_push", TWO_SHOT_PUSH="2shot_push", ONE_SHOT_PULL="1shot_pull", TWO_SHOT_PULL="2shot_pull"
)
scope = {"AllReduceAlgo": algorithms, "AllReduceConfig": lambda algo, **how: algo}
pick = take_methods(
    package_file("sglang", folder + "custom_all_reduce_v2.py"), "CustomAllReduceV2", ["_pick_config"], scope
)["_pick_config"]


def choose(tp, fusion, tokens, hidden, itemsize):
    nbytes = tokens * hidden * itemsize
    if nbytes % 16 != 0:  # should_custom_ar()
        return "nccl"
    config = limits["get_all_reduce_config"](tp)
    most = 16 << 20  # SGLANG_CUSTOM_ALL_REDUCE_V2_MAX_SIZE_KB
    config = config.clip(
        max_push_bytes=min(config.max_push_bytes(tp), most), max_pull_bytes=min(config.max_pull_bytes, most), world_size=tp
    )
    communicator = types.SimpleNamespace(config=config._replace(num_mc_blocks=None))
    return pick(communicator, nbytes, GRAPH) or "nccl"


def print_rows():
    for tp in limits["get_supported_world_sizes"]():
        config = limits["get_all_reduce_config"](tp)
        for row in (config.graph, config.eager):
            print(
                tp,
                row.one_shot_push_threshold,
                row.two_shot_push_threshold,
                row.one_shot_pull_threshold,
                row.two_shot_pull_threshold,
            )
