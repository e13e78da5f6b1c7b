# SPDX-License-Identifier: Apache-2.0
# What a reader of the page has before its first command: two measurements, and what nccl-tests printed twice.
for side in BEFORE AFTER before after; do
  mkdir $side
  cp results/h200-contexts/benchmark.tp2.sm90.csv $side
done
for side in before after; do
  cat >$side.txt <<'TEXT'
# nThread 1 nGpus 2 minBytes 1024 maxBytes 2048 step: 2(factor) warmup iters: 5 iters: 20 agg iters: 1 validation: 1 graph: 0
#
# Using devices
#  Rank  0 Group  0 Pid  1000 on       node device  0 [0x1b] NVIDIA H200
#  Rank  1 Group  0 Pid  1000 on       node device  1 [0x43] NVIDIA H200
#
#                                                              out-of-place                       in-place
#       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong
#        (B)    (elements)                               (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)
        1024           512  bfloat16     sum      -1     6.42    0.16    0.16      0     6.35    0.16    0.16      0
        2048          1024  bfloat16     sum      -1     6.51    0.31    0.31      0     6.44    0.32    0.32      0
# Out of bounds values : 0 OK
# Avg bus bandwidth    : 0.2375
TEXT
done
