# -*- coding: utf-8 -*-
# AllReduce sizes for vLLM 0.33.0, with FlashInfer 0.7.2, measured on sm90 (NVIDIA H200).
# Setting: cuda, allreduce, graph, context engine, bfloat16.
# Run 20261129-105158-eae8 of 2026-11-29T10:52:10Z, Arbiter 0.2.0 (3f5af6065a2a-dirty).
# vLLM's paths were measured as: one_shot: FLASHINFER_ONESHOT; two_shot: FLASHINFER_TWOSHOT; custom: VLLM_CUSTOM; symm_two_shot: TORCH_SYMM_TWOSHOT; nccl: NCCL.
# Not measured: symm_multimem, nccl_symm_mem.
# Regret in percent, the mean (and that of the worst cell), on cells of every kind measured:
# tp 2: FlashInfer up to 64 MiB, fused in one shot up to 32 MiB: shipped 1.25 (22.17), here 1.25 (22.17) over the best path of the table; shipped 56.63 (104.71), here 56.63 (104.71) over the fastest strategy; 126 cells; vLLM's own values stay: the best others gain only 0.75
# tp 2, without fusion: shipped 1.68 (22.17), here 1.68 (22.17) over the best path of the table; shipped 30.34 (63.06), here 30.34 (63.06) over the fastest strategy; 42 cells
# tp 2, with residual and norm: shipped 1.03 (20.29), here 1.03 (20.29) over the best path of the table; shipped 69.78 (104.71), here 69.78 (104.71) over the fastest strategy; 84 cells
# tp 2, held out (hidden 7168, 42 cells): shipped 0.30 (9.9), here 0.30 (9.9), the best values for them 0.19 (2.9)
# tp 2: FlashInfer's workspace takes 512 MiB on each GPU.
# ONESHOT is the fastest in 1 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 59.9 % longer there in the mean
# ONESHOT_PLAIN is the fastest in 81 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 54.2 % longer there in the mean
# TWOSHOT is the fastest in 2 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 52.0 % longer there in the mean
# TWOSHOT_PLAIN is the fastest in 16 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 57.5 % longer there in the mean
# Paste the values over the same keys of vLLM's dicts; what is not here was not measured.
# For FlashInfer's backend trtllm: VLLM_FLASHINFER_ALLREDUCE_BACKEND=trtllm on hosts with NVLink multicast, where vLLM takes mnnvl otherwise and reads no one-shot sizes.
# Without fusion FlashInfer chooses its kernel by its own table, here as FlashInfer ships it. Up to 16 tokens vLLM then lets the next kernel start early, which the times here may not.
# vllm/compilation/passes/fusion/allreduce_rms_fusion.py: MiB, used if size <= max
FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {2: 64}}
_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {90: {2: 32}}
