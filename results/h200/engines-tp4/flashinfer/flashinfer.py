# -*- coding: utf-8 -*-
# One-shot limits for FlashInfer 0.7.2, measured on sm90 (NVIDIA H200).
# Setting: cuda, allreduce, graph, context engine, bfloat16.
# Run 20261128-212105-8e98 of 2026-11-28T21:21:24Z, Arbiter 0.2.0 (8e5f5a6410ff).
# FlashInfer's paths were measured as: one_shot: FLASHINFER_ONESHOT; two_shot: FLASHINFER_TWOSHOT.
# Regret in percent, the mean (and that of the worst cell):
# tp 4: shipped 7.34 (70.22), here 0.21 (11.61) over the best path of the table; shipped 71.50 (181.87), here 60.34 (105.75) over the fastest strategy; 126 cells
# tp 4, held out (hidden 7168, 42 cells): shipped 4.82 (53.3), here 0.09 (3.8), the best values for them 0.09 (3.8)
# ONESHOT_PLAIN is the fastest in 40 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 59.9 % longer there in the mean
# TWOSHOT is the fastest in 10 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 51.6 % longer there in the mean
# TWOSHOT_PLAIN is the fastest in 50 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 61.6 % longer there in the mean
# Paste the values into _use_oneshot_heuristics in flashinfer/comm/trtllm_ar.py, or in the program that uses it:
# from flashinfer.comm import trtllm_ar; trtllm_ar._use_oneshot_heuristics.update(_use_oneshot_heuristics)
# The dict has no key for GPUs: the values apply to every GPU that runs this installation.
# Only the backend trtllm reads it. On hosts with NVLink multicast the backend "auto" is mnnvl, which does not.
# MiB, one shot if tokens * hidden_size * 2 * tp_size * itemsize <= max:
_use_oneshot_heuristics = {4: 14}
