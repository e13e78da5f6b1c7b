# -*- coding: utf-8 -*-
# AllReduce sizes for vLLM 0.33.0, with FlashInfer 0.7.2, measured on sm90 (NVIDIA H200).
# Setting: cuda, allreduce, graph, context engine, bfloat16.
# Run 20261129-134358-0e21 of 2026-11-29T13:44:10Z, Arbiter 0.2.0 (98abc8a68f81).
# vLLM's paths were measured as: one_shot: FLASHINFER_ONESHOT; two_shot: FLASHINFER_TWOSHOT; custom: VLLM_CUSTOM; symm_two_shot: TORCH_SYMM_TWOSHOT; nccl: NCCL.
# Not measured: symm_multimem, nccl_symm_mem.
# Regret in percent, the mean (and that of the worst cell), on cells of every kind measured:
# tp 2: FlashInfer up to 64 MiB, fused in one shot up to 32 MiB: shipped 1.14 (21.36), here 1.14 (21.36) over the best path of the table; shipped 55.94 (105.25), here 55.94 (105.25) over the fastest strategy; 126 cells; vLLM's own values stay: the best others gain only 0.63
# tp 2, without fusion: shipped 1.46 (21.36), here 1.46 (21.36) over the best path of the table; shipped 30.46 (62.94), here 30.46 (62.94) over the fastest strategy; 42 cells
# tp 2, with residual and norm: shipped 0.97 (20.22), here 0.97 (20.22) over the best path of the table; shipped 68.68 (105.25), here 68.68 (105.25) over the fastest strategy; 84 cells
# tp 2, held out (hidden 7168, 42 cells): shipped 0.21 (8.7), here 0.21 (8.7), the best values for them 0.17 (3.7)
# tp 2: FlashInfer's workspace takes 512 MiB on each GPU.
# ONESHOT is the fastest in 2 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 30.7 % longer there in the mean
# ONESHOT_PLAIN is the fastest in 83 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 54.6 % longer there in the mean
# TWOSHOT is the fastest in 2 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 58.2 % longer there in the mean
# TWOSHOT_PLAIN is the fastest in 13 % of 126 cells where vLLM's table cannot choose it: the best that it can choose takes 55.0 % longer there in the mean
# Paste the values over the same keys of vLLM's dicts; what is not here was not measured.
# For FlashInfer's backend trtllm: VLLM_FLASHINFER_ALLREDUCE_BACKEND=trtllm on hosts with NVLink multicast, where vLLM takes mnnvl otherwise and reads no one-shot sizes.
# Without fusion FlashInfer chooses its kernel by its own table, here as FlashInfer ships it. Up to 16 tokens vLLM then lets the next kernel start early, which the times here may not.
# vllm/compilation/passes/fusion/allreduce_rms_fusion.py: MiB, used if size <= max
FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {2: 64}}
_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {90: {2: 32}}
