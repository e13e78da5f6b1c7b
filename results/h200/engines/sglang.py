# AllReduce sizes for SGLang, measured on sm90 (NVIDIA H200).
# Merge them into SGLang's maps key by key: tp sizes that were not measured are not here.
# Bytes (push, one shot, two shots), each used if size <= its number, in this order:
graph_map = {2: (134217728, 134217728, 268435456), 4: (65536, 65536, 67108864)}
eager_map = {}
