# -*- coding: utf-8 -*-
# AllReduce sizes for vLLM 0.33.0, with FlashInfer 0.7.2, measured on sm90 (NVIDIA H200).
# Setting: cuda, allreduce, graph, context engine, bfloat16.
# Run 20261128-212105-8e98 of 2026-11-28T21:21:24Z, Arbiter 0.2.0 (8e5f5a6410ff).
# vLLM's paths were measured as: one_shot: FLASHINFER_ONESHOT; two_shot: FLASHINFER_TWOSHOT; custom: VLLM_CUSTOM; symm_two_shot: TORCH_SYMM_TWOSHOT; nccl: NCCL.
# Not measured: symm_multimem, nccl_symm_mem.
# Regret in percent, the mean (and that of the worst cell), on cells of every kind measured:
# tp 4: FlashInfer up to 0.5 MiB, fused in one shot up to 2 MiB: shipped 2.52 (31.32), here 0.93 (22.37) over the best path of the table; shipped 57.95 (107.85), here 55.44 (94.22) over the fastest strategy; 126 cells
# tp 4, without fusion: shipped 2.72 (31.32), here 0.00 (0.00) over the best path of the table; shipped 44.01 (98.99), here 39.83 (69.43) over the fastest strategy; 42 cells
# tp 4, with residual and norm: shipped 2.42 (23.27), here 1.40 (22.37) over the best path of the table; shipped 64.93 (107.85), here 63.25 (94.22) over the fastest strategy; 84 cells
# tp 4, held out (hidden 7168, 42 cells): shipped 1.91 (18.4), here 1.43 (14.4), the best values for them 1.19 (14.4)
# tp 4: FlashInfer's workspace takes 8 MiB on each GPU.
# ONESHOT_PLAIN is the fastest in 40 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 59.9 % longer there in the mean
# TWOSHOT is the fastest in 10 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 35.9 % longer there in the mean
# TWOSHOT_PLAIN is the fastest in 50 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 52.7 % longer there in the mean
# Paste the values over the same keys of vLLM's dicts; what is not here was not measured.
# For FlashInfer's backend trtllm: VLLM_FLASHINFER_ALLREDUCE_BACKEND=trtllm on hosts with NVLink multicast, where vLLM takes mnnvl otherwise and reads no one-shot sizes.
# Without fusion FlashInfer chooses its kernel by its own table, here as FlashInfer ships it. Up to 16 tokens vLLM then lets the next kernel start early, which the times here may not.
# vllm/compilation/passes/fusion/allreduce_rms_fusion.py: MiB, used if size <= max
FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {4: 0.5}}
_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {90: {4: 2}}
