# One-shot limits of FlashInfer's fused AllReduce, measured on sm90 (NVIDIA H200).
# Merge them into FlashInfer's dict key by key: tp sizes that were not measured are not here.
# MiB, one shot if tokens * hidden_size * 2 * tp_size * itemsize <= max:
_use_oneshot_heuristics = {2: 128, 4: 1}
