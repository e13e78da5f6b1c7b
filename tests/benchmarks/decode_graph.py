#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Microseconds per layer of a decode step: a CUDA graph of layers, each a matrix product, an AllReduce, and an RMS norm.

    torchrun --nproc_per_node=2 tests/benchmarks/decode_graph.py --hidden 4096 8192 --tokens 1 16 256

One table, a column for each way:
  product     the product and the norm alone, without an AllReduce: what no AllReduce can beat
  nccl        torch.distributed's all_reduce, and residual and norm in one compiled kernel
  flashinfer  FlashInfer's fused kernel, called as vLLM calls it
  arbiter     torch.ops.arbiter.all_reduce_rms_norm_

The product is that of a row-parallel layer: [tokens, hidden / ranks] by [hidden / ranks, hidden], a weight for each layer.
Times are medians of graph launches, each the slowest rank's. Each way's norm is verified first, against sums in fp32.
Ways that are not installed are left out, and said. `--csv FILE` keeps the table.
"""

import argparse
import csv
import functools
import os
import statistics
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import torch
import torch._dynamo
import torch.distributed as dist
import torch.nn.functional as functional

WAYS = ("product", "nccl", "flashinfer", "arbiter")
EPSILON = 1e-5
TOLERANCE = 0.05  # of values about 1 with 8 bits of mantissa, rounded up to three times


class Shape:
    """One graph's tensors."""

    def __init__(self, hidden: int, tokens: int, weights: List[torch.Tensor], seed: int) -> None:
        ranks = dist.get_world_size()
        generator = torch.Generator("cuda").manual_seed(seed)
        new = lambda *shape: torch.randn(*shape, generator=generator, device="cuda", dtype=torch.bfloat16)
        self.hidden, self.tokens, self.weights = hidden, tokens, weights
        self.part = slice(dist.get_rank() * hidden // ranks, (dist.get_rank() + 1) * hidden // ranks)
        self.start, self.gamma = new(tokens, hidden), 1 + 0.1 * new(hidden)
        self.first_residual = new(tokens, hidden)
        self.x = torch.empty_like(self.start)
        self.residual = torch.empty_like(self.start)
        self.partial = torch.empty_like(self.start)

    def reset(self) -> None:
        self.x.copy_(self.start)
        self.residual.copy_(self.first_residual)

    def product(self, layer: int) -> None:
        torch.mm(self.x[:, self.part], self.weights[layer], out=self.partial)


Step = Callable[[Shape], None]  # from shape.partial and shape.residual to shape.x and shape.residual


def add_norm(partial: torch.Tensor, residual: torch.Tensor, gamma: torch.Tensor) -> Any:
    total = partial + residual
    return functional.rms_norm(total.float(), (total.shape[-1],), gamma.float(), EPSILON).to(total.dtype), total


@functools.lru_cache(maxsize=None)
def compiled_add_norm() -> Any:
    torch._dynamo.config.recompile_limit = 1000  # each shape has a kernel of its own, however many there are
    return torch.compile(add_norm, dynamic=False)


def make_product(_options: argparse.Namespace, _hidden: int) -> Step:
    compiled = compiled_add_norm()

    def step(shape: Shape) -> None:
        norm, total = compiled(shape.partial, shape.residual, shape.gamma)
        shape.x, shape.residual = norm, total

    return step


def make_nccl(options: argparse.Namespace, hidden: int) -> Step:
    norm = make_product(options, hidden)

    def step(shape: Shape) -> None:
        dist.all_reduce(shape.partial)
        norm(shape)

    return step


def make_flashinfer(options: argparse.Namespace, hidden: int) -> Step:
    import flashinfer.comm as comm
    from flashinfer.comm.mnnvl import TorchDistBackend

    host = dist.new_group(backend="gloo")
    workspace = comm.create_allreduce_fusion_workspace(
        backend="trtllm",
        world_size=dist.get_world_size(),
        rank=dist.get_rank(),
        max_token_num=max(options.tokens),
        hidden_dim=hidden,
        dtype=torch.bfloat16,
        comm_backend=TorchDistBackend(group=host),
        group=host,
    )

    def step(shape: Shape) -> None:
        comm.allreduce_fusion(
            input=shape.partial,
            workspace=workspace,
            pattern=comm.AllReduceFusionPattern.kARResidualRMSNorm,
            launch_with_pdl=True,
            trigger_completion_at_end=True,
            residual_in=shape.residual,
            residual_out=shape.residual,
            norm_out=shape.x,
            output=shape.residual,  # no fused pattern writes it, but without one FlashInfer allocates it
            rms_gamma=shape.gamma,
            rms_eps=EPSILON,
            use_oneshot=None,
            fp32_acc=True,
        )

    return step


def make_arbiter(options: argparse.Namespace, hidden: int) -> Step:
    import arbiter_runtime.torch as arbiter

    largest = max(options.tokens) * hidden * 2
    comm = arbiter.communicator(largest_message_bytes=largest, concurrent=1)
    handle = comm.handle
    if dist.get_rank() == 0:
        for tokens in options.tokens:
            choice = comm.explain(comm.operation("bfloat16", "RESIDUAL_RMS_NORM", tokens, hidden))
            print(f"# arbiter: {tokens} x {hidden}: {choice.path}, {choice.reason}", file=sys.stderr)

    def step(shape: Shape) -> None:
        torch.ops.arbiter.all_reduce_rms_norm_(shape.partial, shape.residual, shape.gamma, EPSILON, handle)
        shape.x, shape.partial = shape.partial, shape.x

    return step


MAKERS = {"product": make_product, "nccl": make_nccl, "flashinfer": make_flashinfer, "arbiter": make_arbiter}


def verify(way: str, step: Step, shape: Shape) -> None:
    """One layer against the sum of all ranks' products in fp32."""
    shape.reset()
    shape.product(0)
    parts = [torch.empty_like(shape.partial) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, shape.partial)
    if way == "product":
        parts = [shape.partial.clone()]
    total = sum(part.float() for part in parts) + shape.residual.float()
    expected = functional.rms_norm(total, (shape.hidden,), shape.gamma.float(), EPSILON)
    step(shape)
    torch.cuda.synchronize()
    error = ((shape.x.float() - expected).abs() / expected.abs().clamp(min=1)).max().item()
    if not error <= TOLERANCE:
        raise RuntimeError(f"{way}: {shape.tokens} x {shape.hidden}: the norm is wrong by {error}; allowed: {TOLERANCE}")


def microseconds_per_layer(step: Step, shape: Shape, samples: int) -> float:
    layers = len(shape.weights)

    def run() -> None:
        for layer in range(layers):
            shape.product(layer)
            step(shape)

    shape.reset()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):  # allocations and handles before the capture
        run()
    torch.cuda.synchronize()
    dist.barrier()
    shape.reset()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
        run()
    times = []
    for sample in range(samples + 3):
        dist.barrier()
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        graph.replay()  # ranks that come late are waited for here, not in the time
        begin.record()
        graph.replay()
        graph.replay()
        end.record()
        end.synchronize()
        slowest = torch.tensor([begin.elapsed_time(end) / 2], device="cuda")
        dist.all_reduce(slowest, op=dist.ReduceOp.MAX)
        if sample >= 3:
            times.append(slowest.item() * 1e3 / layers)
    return statistics.median(times)


def agreed(made: Optional[Step], reason: str) -> Optional[str]:
    """Collective. Why a way is left out: what the first rank that lacks it says."""
    reasons: List[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(reasons, None if made is not None else reason)
    return next((each for each in reasons if each is not None), None)


def measure_hidden(options: argparse.Namespace, hidden: int, rows: List[Dict[str, Any]]) -> None:
    ranks = dist.get_world_size()
    generator = torch.Generator("cuda").manual_seed(dist.get_rank())
    scale = hidden**-0.5
    weights = [
        torch.randn(hidden // ranks, hidden, generator=generator, device="cuda", dtype=torch.bfloat16) * scale
        for _ in range(options.layers)
    ]
    made: Dict[str, Step] = {}
    for way in options.ways:
        step, reason = None, ""
        try:
            step = MAKERS[way](options, hidden)
        except Exception as error:  # an engine that is not there, or not for this GPU
            reason = f"{type(error).__name__}: {error}"
        left_out = agreed(step, reason)
        if left_out is None:
            made[way] = step
        elif dist.get_rank() == 0:
            print(f"# {way} is left out: {left_out}", file=sys.stderr)
    for tokens in options.tokens:
        row: Dict[str, Any] = {"tp": ranks, "hidden": hidden, "tokens": tokens}
        for way, step in made.items():
            verify(way, step, Shape(hidden, tokens, weights, seed=tokens))
            row[way] = microseconds_per_layer(step, Shape(hidden, tokens, weights, seed=tokens), options.samples)
        rows.append(row)
        if dist.get_rank() == 0:
            show(row, options.ways, with_head=len(rows) == 1)


def show(row: Dict[str, Any], ways: List[str], with_head: bool) -> None:
    names = ["tp", "hidden", "tokens", *ways]
    if with_head:
        print(" ".join(name.rjust(10) for name in names))
    cells = [f"{row[n]:.2f}" if isinstance(row.get(n), float) else str(row.get(n, "-")) for n in names]
    print(" ".join(cell.rjust(10) for cell in cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hidden", type=int, nargs="+", default=[4096, 8192])
    parser.add_argument("--tokens", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64, 128, 256])
    parser.add_argument("--layers", type=int, default=64)
    parser.add_argument("--samples", type=int, default=15)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--csv", type=Path, help="write the table to this file, too")
    options = parser.parse_args()
    if "LOCAL_RANK" not in os.environ:
        parser.error("found no LOCAL_RANK; allowed: a start by torchrun --nproc_per_node=<GPUs>")

    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl", device_id=torch.device("cuda", torch.cuda.current_device()))
    rows: List[Dict[str, Any]] = []
    with torch.inference_mode():
        for hidden in options.hidden:
            measure_hidden(options, hidden, rows)
    if options.csv and dist.get_rank() == 0:
        with options.csv.open("w", newline="") as file:
            table = csv.DictWriter(file, ["tp", "hidden", "tokens", *options.ways], restval="")
            table.writeheader()
            table.writerows(rows)
    torch.cuda.synchronize()
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
