#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The time and memory of `runner --data_dir` on large data, with every heuristic and every sink, beside those of a
group-by in pandas (if it can be imported) that finds the fastest strategy of each cell in the same files.

  tests/benchmarks/large_data.py --rows 1000000 --rows 10000000

The rows are made up, with the same seed each time: 3 tp sizes x 2 dtypes x 10 fusions x 4 contexts x 8 strategies x 24
hidden sizes x as many numbers of tokens, evenly spaced in logarithms from 1 to 16384, as the rows need. Times are a
latency, bytes over a bandwidth, and 2 % of noise. Two hidden sizes are the holdout; 0.5 % of the rows are missing,
0.1 % failed, 0.1 % are suspect. Decisions are of one of the contexts, as always: a quarter of the rows.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TP_SIZES = (2, 4, 8)
DTYPES = ("bfloat16", "float16")
NORMS = ("", "_QUANT_FP8", "_QUANT_NVFP4", "_OUT_QUANT_FP8", "_OUT_QUANT_NVFP4", "_QUANT_DYNAMIC_FP8",
         "_OUT_QUANT_DYNAMIC_FP8", "_QUANT_PER_TOKEN_GROUP_FP8", "_OUT_QUANT_PER_TOKEN_GROUP_FP8")
FUSIONS = ("NONE",) + tuple("RESIDUAL_RMS_NORM" + norm for norm in NORMS)
CONTEXTS = {"back_to_back": 1.0, "isolated": 1.4, "engine": 1.1, "engine_early": 0.9}
HIDDEN_SIZES = (512, 768, 1024, 1536, 2048, 2304, 2560, 2880, 3072, 3584, 4096, 4608, 5120, 6144, 6656, 7168, 8192,
                9216, 10240, 12288, 14336, 16384, 18432, 20480)
HOLDOUT = (2880, 7168)
STRATEGIES = {  # name: (latency in us, GB/s, how it adds)
    "NCCL": (12.0, 280.0, "library"), "NCCL_SYMMETRIC": (7.0, 310.0, "library"),
    "ONESHOT": (4.0, 90.0, "fp32_rank_order"), "TWOSHOT": (6.5, 240.0, "fp32_rank_order"),
    "FLASHINFER_ONESHOT": (4.2, 85.0, "fp32_rank_order"), "FLASHINFER_TWOSHOT": (6.8, 230.0, "fp32_rank_order"),
    "VLLM_CUSTOM": (5.0, 150.0, "fp32_rank_order"), "TORCH_SYMM_TWOSHOT": (8.0, 260.0, "per_hop")}
COLUMNS = ("world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time (us),backend,hosts,graph,context,"
           "numerics,status,iterations_per_sample,tensor_sets,samples,min_of_means (us),p95_of_means (us),ci_low (us),"
           "ci_high (us),error,lower_bound (us),run_id,schema\n")
SINKS = ("csv", "summary", "regret", "json", "cpp_table", "cpp_header", "best_strategy", "strategy_difference", "heatmap",
         "lines", "lower_bound_distance", "flashinfer", "vllm", "sglang", "trtllm_table", "nccl_tuner")
NAMED = [name for name in STRATEGIES if name.startswith(("FLASHINFER", "VLLM", "TORCH"))]  # without published numbers
NUMBERED = "".join(f"  {name}: {{strategy: MPI, table_id: {100 + i}}}\n" for i, name in enumerate(NAMED))
CONFIG = f"strategies:\n{NUMBERED}" + "heuristics:\n  lut: {mode: stable}\n  lp:\n  cost_model:\nsinks:\n" + "".join(f"  {s}:\n" for s in SINKS)
GROUP_BY = """
import sys, time
start = time.monotonic()
import pandas
columns = ["world_size", "dtype", "fusion", "hidden_size", "num_tokens", "context", "strategy", "time (us)", "status"]
rows = pandas.concat([pandas.read_csv(f, usecols=columns) for f in sys.argv[1:]], ignore_index=True)
rows = rows[rows["status"] == "ok"]
best = rows.loc[rows.groupby(columns[:6])["time (us)"].idxmin()]
print(len(best))
"""


def num_tokens(count):
    """`count` numbers from 1 to 16384, as evenly spaced in logarithms as whole numbers can be."""
    steps, values = count, set()
    while len(values) < count:
        values = {round(16384 ** (i / max(steps - 1, 1))) for i in range(steps)}
        steps += 1
    return sorted(values)[:count]


def make_data(folder, rows):
    draw = random.Random(1)
    shapes = len(TP_SIZES) * len(DTYPES) * len(FUSIONS) * len(CONTEXTS) * len(STRATEGIES) * len(HIDDEN_SIZES)
    tokens = num_tokens(max(2, round(rows / shapes)))
    folder.mkdir(parents=True)
    for tp_size in TP_SIZES:
        facts = {"platform": "sm90", "facts": {"gpu": "made up", "gpus": "8"}}
        (folder / f"benchmark.tp{tp_size}.sm90.machine.json").write_text(json.dumps(facts))
        with open(folder / f"benchmark.tp{tp_size}.sm90.csv", "w") as grid, \
                open(folder / f"benchmark.tp{tp_size}.sm90.holdout.csv", "w") as holdout:
            grid.write(COLUMNS)
            holdout.write(COLUMNS)
            for context, factor in CONTEXTS.items():
                for dtype in DTYPES:
                    for fused, fusion in enumerate(FUSIONS):
                        for hidden in HIDDEN_SIZES:
                            file = holdout if hidden in HOLDOUT else grid
                            for count in tokens:
                                file.write("".join(lines_of(draw, tp_size, context, factor, dtype, fused, fusion, hidden,
                                                            count)))


def lines_of(draw, tp_size, context, factor, dtype, fused, fusion, hidden, tokens):
    size = 2 * hidden * tokens
    for strategy, (latency, bandwidth, numerics) in STRATEGIES.items():
        chance = draw.random()
        if chance < 0.005:
            continue
        noise = 1.0 + 0.02 * draw.random()
        exact = (latency + 0.2 * fused + 0.3 * tp_size + size * (1.0 + 0.01 * fused) / (1000.0 * bandwidth)) * factor
        median = exact * noise
        status = "failed" if chance > 0.999 else "suspect" if chance > 0.998 else "ok"
        shown = "" if status == "failed" else f"{median:.3f}"
        yield (f"{tp_size},{dtype},{size},{tokens},{hidden},{strategy},{fusion},allreduce,{shown},cuda,1,true,{context},"
               f"{numerics},{status},34,4,8,{median * 0.99:.3f},{median * 1.02:.3f},{median * 0.995:.3f},"
               f"{median * 1.006:.3f},0.25,{size / 4.5e5 + 1.0:.3f},20260101-000000-abcd,3\n")


def measured(command):
    """Seconds, MiB and whether it failed, of one process."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - start, usage.ru_maxrss / 1024.0, process.returncode != 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, action="append", help="about how many rows; may be repeated (1000000)")
    parser.add_argument("--runner", default="build/bin/runner")
    parser.add_argument("--dir", type=Path, help="where data and outputs are kept; default: a folder that is removed")
    parser.add_argument("--set", nargs="*", default=[], help="passed to the runner")
    arguments = parser.parse_args()
    with_pandas = subprocess.run([sys.executable, "-c", "import pandas"], stderr=subprocess.DEVNULL).returncode == 0
    if not with_pandas:
        print(f"{sys.executable} cannot import pandas: no times of its group-by")
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        top = arguments.dir or Path(temporary)
        top.mkdir(parents=True, exist_ok=True)
        config = top / "everything.yaml"
        config.write_text(CONFIG)
        print(f"{'rows':>9}  {'what':<28} {'seconds':>8} {'peak MiB':>9}")
        for wanted in arguments.rows or [1_000_000]:
            data = top / str(wanted)
            if not data.exists():
                make_data(data, wanted)
            files = sorted(str(file) for file in data.glob("benchmark.*.csv"))
            rows = sum(sum(1 for _ in open(file)) - 1 for file in files)
            command = [arguments.runner, "--config", str(config), "--data_dir", str(data), "--output_dir",
                       str(top / f"{wanted}.out")]
            if arguments.set:
                command += ["--set", *arguments.set]
            runs = {"runner, all heuristics, sinks": command}
            if with_pandas:
                runs["pandas, group-by only"] = [sys.executable, "-c", GROUP_BY, *files]
            for name, run in runs.items():
                seconds, mib, broke = measured(run)
                failed |= broke
                print(f"{rows:>9}  {name:<29} {seconds:>7.1f} {mib:>9.0f}{'  FAILED' if broke else ''}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
