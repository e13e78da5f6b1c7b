# -*- coding: utf-8 -*-
# One-shot limits for FlashInfer 0.7.2, measured on sm90 (NVIDIA H200).
# Setting: cuda, allreduce, graph, context engine, bfloat16.
# Run 20261129-134358-0e21 of 2026-11-29T13:44:10Z, Arbiter 0.2.0 (98abc8a68f81).
# FlashInfer's paths were measured as: one_shot: FLASHINFER_ONESHOT; two_shot: FLASHINFER_TWOSHOT.
# Regret in percent, the mean (and that of the worst cell):
# tp 2: shipped 0.03 (3.49), here 0.03 (3.49) over the best path of the table; shipped 55.71 (105.25), here 55.71 (105.25) over the fastest strategy; 126 cells; FlashInfer's own value stays: the best other gains only 0.00
# tp 2, held out (hidden 7168, 42 cells): shipped 0.00 (0.0), here 0.00 (0.0), the best values for them 0.00 (0.0)
# ONESHOT is the fastest in 2 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 44.6 % longer there in the mean
# ONESHOT_PLAIN is the fastest in 83 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 55.6 % longer there in the mean
# TWOSHOT is the fastest in 2 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 53.8 % longer there in the mean
# TWOSHOT_PLAIN is the fastest in 13 % of 126 cells where FlashInfer's table cannot choose it: the best that it can choose takes 58.3 % longer there in the mean
# Paste the values into _use_oneshot_heuristics in flashinfer/comm/trtllm_ar.py, or in the program that uses it:
# from flashinfer.comm import trtllm_ar; trtllm_ar._use_oneshot_heuristics.update(_use_oneshot_heuristics)
# The dict has no key for GPUs: the values apply to every GPU that runs this installation.
# Only the backend trtllm reads it. On hosts with NVLink multicast the backend "auto" is mnnvl, which does not.
# MiB, one shot if tokens * hidden_size * 2 * tp_size * itemsize <= max:
_use_oneshot_heuristics = {2: 512}
