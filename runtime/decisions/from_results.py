#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes runtime/decisions/h200.json from results/: the fastest path that the runtime has, for each cell.

python3 runtime/decisions/from_results.py > runtime/decisions/h200.json
"""
import csv
import json
import os
import sys

RESULTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "results")
PATHS = ("NCCL", "ONESHOT", "ONESHOT_PLAIN", "TWOSHOT", "TWOSHOT_PLAIN")
# Later files replace the cells of earlier ones. Context: that of an engine, where it was measured.
SOURCES = (
    ("h200-contexts-tp4/benchmark.tp4.sm90.csv", "engine"),
    ("h200-contexts/benchmark.tp2.sm90.csv", "engine"),
    ("h200/engines/benchmark.tp2.sm90.csv", "engine"),
    ("h200/engines-tp4/benchmark.tp4.sm90.csv", "engine"),
    ("h200-float32/benchmark.tp2.sm90.csv", "engine"),
)


def cells_of(file, context):
    times = {}
    with open(os.path.join(RESULTS, file), encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if row["status"] != "ok" or row["strategy"] not in PATHS or row.get("context", "") not in (context, ""):
                continue
            part = (int(row["world_size"]), row["dtype"], row["fusion"])
            cell = (part, int(row["hidden_size"]), int(row["num_tokens"]))
            times.setdefault(cell, {})[row["strategy"]] = float(row["time (us)"])
    # A path that was not compared with NCCL was not decided.
    return {cell: min(of, key=of.get) for cell, of in times.items() if "NCCL" in of}


def main():
    decided = {}
    for file, context in SOURCES:
        decided.update(cells_of(file, context))
    grids = []
    for part in sorted({cell[0] for cell in decided}):
        hidden = sorted({cell[1] for cell in decided if cell[0] == part})
        tokens = sorted({cell[2] for cell in decided if cell[0] == part})
        rows = [[decided.get((part, h, t)) for t in tokens] for h in hidden]
        grids.append({"tp_size": part[0], "dtype": part[1], "fusion": part[2], "hidden_sizes": hidden,
                      "num_tokens": tokens, "strategies": list(PATHS),
                      "cells": [[None if path is None else PATHS.index(path) for path in row] for row in rows]})
    with open(os.path.join(RESULTS, "h200/engines/benchmark.tp2.sm90.machine.json"), encoding="utf-8") as file:
        machine = json.load(file)
    machine["facts"] = {key: machine["facts"][key] for key in ("gpu", "gpu_links", "nccl")}
    machine["facts"]["multicast"] = "off"  # results/README.md
    strategies = {name: {"strategy": name.split("_")[0], "backend": "cuda",
                         "parameters": {"programmatic": str(not name.endswith("_PLAIN")).lower()}}
                  for name in PATHS if name != "NCCL"}
    document = {"format": "arbiter-decision", "version": 1,
                "made_from": ["results/" + file for file, _ in SOURCES], "machine": machine,
                "strategies": strategies,
                "selectors": [{"name": "fastest", "table": {"look_up": "nearest", "fallback": "NCCL", "grids": grids,
                                                            "steps": []}}]}
    text = json.dumps(document, indent=1)
    # Lists of numbers on one line each.
    out, depth = [], 0
    for line in text.split("\n"):
        stripped = line.strip()
        is_item = stripped.rstrip(",").lstrip("-").isdigit() or stripped.rstrip(",") == "null"
        if is_item or (out and depth and stripped in ("]", "],")):
            out[-1] += (" " if not out[-1].endswith("[") and is_item else "") + stripped
            depth = 1 if is_item else 0
        else:
            out.append(line)
            depth = 0
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
