#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads measurements and prints the fastest strategy of each problem, with nothing but Python's own library.

    fastest.py benchmark.tp2.sm90.csv RESIDUAL_RMS_NORM 4096

arbiter/csv.hpp describes the columns.
"""
import csv
import sys

SETTING = ("op", "backend", "hosts", "graph", "context")


def fastest(file, fusion, hidden_size):
    """{(tp_size, dtype, num_tokens): (time in us, strategy)} of the setting that the first row has."""
    with open(file, newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    best = {}
    for row in rows:
        # Only rows of one setting may be compared; a failed or a suspect row is never the fastest.
        comparable = all(row[key] == rows[0][key] for key in SETTING)
        if not comparable or row["status"] != "ok" or (row["fusion"], row["hidden_size"]) != (fusion, hidden_size):
            continue
        problem = (int(row["world_size"]), row["dtype"], int(row["num_tokens"]))
        timed = (float(row["time (us)"]), row["strategy"])
        best[problem] = min(timed, best.get(problem, timed))
    return best


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("fastest.py FILE.csv FUSION HIDDEN_SIZE")
    for (tp, dtype, tokens), (time, strategy) in sorted(fastest(*sys.argv[1:]).items()):
        print(f"tp {tp}, {dtype}, {sys.argv[2]}, {tokens} tokens x {sys.argv[3]}: {strategy}, {time:g} us")
