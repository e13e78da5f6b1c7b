# -*- coding: utf-8 -*-
# AllReduce sizes for vLLM 0.33.0, with FlashInfer 0.7.2, measured on sm90 (NVIDIA H200).
# Setting: cuda, allreduce, graph, context engine, bfloat16.
# Run 20261128-182647-773d of 2026-11-28T18:27:11Z, Arbiter 0.2.0 (6511b0180aa2-dirty).
# vLLM's paths were measured as: one_shot: FLASHINFER_ONESHOT; two_shot: FLASHINFER_TWOSHOT; custom: VLLM_CUSTOM; symm_two_shot: TORCH_SYMM_TWOSHOT; nccl: NCCL.
# Not measured: symm_multimem, nccl_symm_mem.
# Regret in percent, the mean (and that of the worst cell), on cells of every kind measured:
# tp 4: FlashInfer up to 0.5 MiB, fused in one shot up to 2 MiB: shipped 2.57 (31.69), here 1.00 (23.09) over the best path of the table; shipped 54.74 (107.68), here 52.26 (93.06) over the fastest strategy; 126 cells
# tp 4, without fusion: shipped 2.74 (31.69), here 0.00 (0.00) over the best path of the table; shipped 40.22 (100.83), here 35.98 (74.44) over the fastest strategy; 42 cells
# tp 4, with residual and norm: shipped 2.49 (23.64), here 1.51 (23.09) over the best path of the table; shipped 62.01 (107.68), here 60.40 (93.06) over the fastest strategy; 84 cells
# tp 4: FlashInfer's workspace takes 8 MiB on each GPU.
# ONESHOT_PLAIN is the fastest in 36 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 55.7 % longer there in the mean
# SGLANG_1SHOT_PUSH is the fastest in 3 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 27.8 % longer there in the mean
# SGLANG_2SHOT_PUSH is the fastest in 2 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 39.5 % longer there in the mean
# TWOSHOT is the fastest in 11 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 38.3 % longer there in the mean
# TWOSHOT_PLAIN is the fastest in 48 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 52.1 % longer there in the mean
# Paste the values over the same keys of vLLM's dicts; what is not here was not measured.
# For FlashInfer's backend trtllm: VLLM_FLASHINFER_ALLREDUCE_BACKEND=trtllm on hosts with NVLink multicast, where vLLM takes mnnvl otherwise and reads no one-shot sizes.
# Without fusion FlashInfer chooses its kernel by its own table, here as FlashInfer ships it. Up to 16 tokens vLLM then lets the next kernel start early, which the times here may not.
# vllm/compilation/passes/fusion/allreduce_rms_fusion.py: MiB, used if size <= max
FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {4: 0.5}}
_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {90: {4: 2}}
