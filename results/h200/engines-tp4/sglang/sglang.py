# -*- coding: utf-8 -*-
# For SGLang 0.5.23, measured on sm90 (NVIDIA H200).
# Setting: cuda, allreduce, graph, context engine, bfloat16.
# Run 20261128-182647-773d of 2026-11-28T18:27:11Z, Arbiter 0.2.0 (6511b0180aa2-dirty).
# SGLang's paths were measured as: 1shot_push: SGLANG_1SHOT_PUSH; 2shot_push: SGLANG_2SHOT_PUSH; 1shot_pull: SGLANG_1SHOT_PULL; 2shot_pull: SGLANG_2SHOT_PULL; nccl: NCCL.
# Paste it at the end of sglang/srt/distributed/device_communicators/configs/custom_all_reduce_v2.py.
# It changes the rows below on GPUs of this SM version. Tp sizes that were not measured, ranges for multicast, which was not measured either, and numbers of blocks stay SGLang's.
# Bytes, inclusive, tried in the order 1shot_push, 2shot_push, 1shot_pull, 2shot_pull, nccl; SGLang clips them to SGLANG_CUSTOM_ALL_REDUCE_V2_MAX_SIZE_KB, here 16384.
# Regret in percent, the mean and the worst cell's in brackets:
# tp 4, graphs: shipped 11.48 (40.84), here 0.08 (3.40) over the best path of the table; shipped 19.23 (65.07), here 6.84 (22.47) over the fastest strategy; 42 cells.
# tp 4, graphs: ONESHOT_PLAIN is the fastest in 26 % of 42 cells where SGLang's table cannot choose it: the best that it can choose takes 5.1 % longer there in the mean.
# tp 4, graphs: TWOSHOT is the fastest in 5 % of 42 cells where SGLang's table cannot choose it: the best that it can choose takes 6.0 % longer there in the mean.
# tp 4, graphs: TWOSHOT_PLAIN is the fastest in 52 % of 42 cells where SGLang's table cannot choose it: the best that it can choose takes 9.8 % longer there in the mean.
# tp 4: workspaces of 144 MiB on each GPU, with SGLang's own rows 23 MiB.
ARBITER_ROWS = {
    4: {
        "graph": {"one_shot_push_threshold": 393216, "two_shot_push_threshold": 33554432, "one_shot_pull_threshold": 393216, "two_shot_pull_threshold": 134217728},
    },
}

if "get_all_reduce_config" in globals():  # in SGLang's file
    _get_own_all_reduce_config = get_all_reduce_config

    @cache
    def get_all_reduce_config(world_size):
        config = _get_own_all_reduce_config(world_size)
        if tuple(torch.cuda.get_device_capability()) != (9, 0):
            return config
        for context, limits in ARBITER_ROWS.get(world_size, {}).items():
            config = config._replace(**{context: getattr(config, context)._replace(**limits)})
        return config
