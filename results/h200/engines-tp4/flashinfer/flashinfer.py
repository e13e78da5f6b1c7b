# -*- coding: utf-8 -*-
# One-shot limits for FlashInfer 0.7.2, measured on sm90 (NVIDIA H200).
# Setting: cuda, allreduce, graph, context engine, bfloat16.
# Run 20261128-182647-773d of 2026-11-28T18:27:11Z, Arbiter 0.2.0 (6511b0180aa2-dirty).
# FlashInfer's paths were measured as: one_shot: FLASHINFER_ONESHOT; two_shot: FLASHINFER_TWOSHOT.
# Regret in percent, the mean (and that of the worst cell):
# tp 4: shipped 7.35 (69.24), here 0.23 (12.61) over the best path of the table; shipped 68.04 (181.68), here 57.04 (108.01) over the fastest strategy; 126 cells
# ONESHOT_PLAIN is the fastest in 36 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 55.7 % longer there in the mean
# SGLANG_1SHOT_PUSH is the fastest in 3 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 27.8 % longer there in the mean
# SGLANG_2SHOT_PUSH is the fastest in 2 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 56.5 % longer there in the mean
# TWOSHOT is the fastest in 11 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 50.1 % longer there in the mean
# TWOSHOT_PLAIN is the fastest in 48 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 60.8 % longer there in the mean
# Paste the values into _use_oneshot_heuristics in flashinfer/comm/trtllm_ar.py, or in the program that uses it:
# from flashinfer.comm import trtllm_ar; trtllm_ar._use_oneshot_heuristics.update(_use_oneshot_heuristics)
# The dict has no key for GPUs: the values apply to every GPU that runs this installation.
# Only the backend trtllm reads it. On hosts with NVLink multicast the backend "auto" is mnnvl, which does not.
# MiB, one shot if tokens * hidden_size * 2 * tp_size * itemsize <= max:
_use_oneshot_heuristics = {4: 8}
