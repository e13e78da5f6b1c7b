# -*- coding: utf-8 -*-
# For SGLang 0.5.23, measured on sm90 (NVIDIA H200).
# Setting: cuda, allreduce, graph, context engine, bfloat16.
# Run 20261129-134358-0e21 of 2026-11-29T13:44:10Z, Arbiter 0.2.0 (98abc8a68f81).
# SGLang's paths were measured as: 1shot_push: SGLANG_1SHOT_PUSH; 2shot_push: SGLANG_2SHOT_PUSH; 1shot_pull: SGLANG_1SHOT_PULL; 2shot_pull: SGLANG_2SHOT_PULL; nccl: NCCL.
# Paste it at the end of sglang/srt/distributed/device_communicators/configs/custom_all_reduce_v2.py.
# It changes the rows below on GPUs of this SM version. Tp sizes that were not measured, ranges for multicast, which was not measured either, and numbers of blocks stay SGLang's.
# Bytes, inclusive, tried in the order 1shot_push, 2shot_push, 1shot_pull, 2shot_pull, nccl; SGLang clips them to SGLANG_CUSTOM_ALL_REDUCE_V2_MAX_SIZE_KB, here 16384.
# Regret in percent, the mean and the worst cell's in brackets:
# tp 2, graphs: shipped 2.40 (17.74), here 0.00 (0.00) over the best path of the table; shipped 15.12 (35.65), here 12.67 (35.65) over the fastest strategy; 42 cells.
# tp 2, graphs, held out (hidden 7168, 14 cells): shipped 1.80 (13.9), here 0.00 (0.0), the best values for them 0.00 (0.0).
# tp 2, graphs: ONESHOT is the fastest in 7 % of 42 cells where SGLang's table cannot choose it: the best that it can choose takes 30.7 % longer there in the mean.
# tp 2, graphs: ONESHOT_PLAIN is the fastest in 90 % of 42 cells where SGLang's table cannot choose it: the best that it can choose takes 11.1 % longer there in the mean.
# tp 2, graphs: TWOSHOT_PLAIN is the fastest in 2 % of 42 cells where SGLang's table cannot choose it: the best that it can choose takes 18.9 % longer there in the mean.
# tp 2: workspaces of 80 MiB on each GPU, with SGLang's own rows 80 MiB.
ARBITER_ROWS = {
    2: {
        "graph": {"one_shot_push_threshold": 2097152, "two_shot_push_threshold": 16777216, "one_shot_pull_threshold": 134217728, "two_shot_pull_threshold": 134217728},
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
