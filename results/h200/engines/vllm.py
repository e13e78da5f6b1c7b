# AllReduce sizes for vLLM, measured on sm90 (NVIDIA H200).
# Merge them into vLLM's dicts key by key: tp sizes that were not measured are not here.
# Bytes, used if size < max; the custom kernel only as far as its buffer (max_size of CustomAllreduce) reaches:
CUSTOM_ALL_REDUCE_MAX_SIZES = {"9.0": {2: 268435472, 4: 67108880}}
SYMM_MEM_ALL_REDUCE_MAX_SIZES = {"9.0": {2: 4}}
# Bytes, the custom kernel before NCCL's symmetric memory if low < size < high:
NCCL_SYMM_MEM_ALL_REDUCE_CONFIG = {"custom_ar_preferred_ranges": {}}
# MiB, used if size <= max:
FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {2: 256, 4: 256}}
_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {90: {2: 32, 4: 0.25}}
