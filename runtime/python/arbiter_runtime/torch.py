# SPDX-License-Identifier: Apache-2.0
"""Operations of PyTorch over libarbiter_runtime: torch.ops.arbiter.*, for eager code, torch.compile and CUDA graphs.

`comm` is the handle of a communicator(). Messages are contiguous tensors [..., hidden size]. All ranks make the same
calls in the same order. They are for inference: no gradients.

    all_reduce(input, comm) -> Tensor
    all_reduce_(input!, comm)                                                in place
    all_reduce_rms_norm(input, residual, weight, epsilon, comm, weight_bias=0) -> (norm, residual)
    all_reduce_rms_norm_(input!, residual!, weight, epsilon, comm, weight_bias=0)      the norm is in input
    all_reduce_rms_norm_fp8(input, residual, weight, scale, epsilon, comm, weight_bias=0) -> (quantized, residual)
    all_reduce_rms_norm_nvfp4(input, residual, weight, scale, epsilon, comm, weight_bias=0, swizzled=True)
        -> (quantized, scales, residual)

`scale` is a float32 tensor of one element on the GPU. fp8 divides by it. nvfp4 multiplies by it, and gives two elements a
byte (uint8) and a scale (float8_e4m3fn) for each 16 elements: a tile-swizzled vector as cuBLAS reads it, whose padding
rows are not written, or linear [tokens, blocks].
"""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

import torch
import torch.distributed as dist

from arbiter_runtime import library as c
from arbiter_runtime.communicator import Communicator, by_handle

_DTYPES = {torch.bfloat16: "bfloat16", torch.float16: "float16", torch.float32: "float32"}
_BLOCK = 16  # elements that share a scale of NVFP4


def communicator(
    group: Any = None, device: Optional[int] = None, largest_message_bytes: int = 64 << 20, **options: Any
) -> Communicator:
    """Collective over a group of torch.distributed (default: the world). `options` are Communicator's.

    `device` is the current CUDA device by default.
    """
    group = group if group is not None else dist.group.WORLD

    def all_gather(data: bytes) -> List[bytes]:
        parts: List[Any] = [None] * dist.get_world_size(group)
        dist.all_gather_object(parts, data, group=group)
        return parts

    ordinal = torch.cuda.current_device() if device is None else device
    made = Communicator(dist.get_rank(group), dist.get_world_size(group), ordinal, all_gather, **options)
    try:
        made.reserve(largest_message_bytes)
    except Exception:
        made.destroy()
        raise
    return made


def takes(comm: Communicator, message: torch.Tensor, fusion: str = "NONE") -> bool:
    """Whether a kernel of Arbiter's would run it, not NCCL: for engines with a path of their own for the rest."""
    if message.dtype not in _DTYPES or not message.is_contiguous() or message.numel() == 0:
        return False
    tokens, hidden = _rows(message)
    return comm.takes(comm.operation(_DTYPES[message.dtype], fusion, tokens, hidden))


def _rows(message: torch.Tensor) -> Tuple[int, int]:
    hidden = message.shape[-1] if message.dim() > 0 else 1
    return (message.numel() // hidden if hidden else 0), hidden


def _run(comm: int, fusion: str, message: torch.Tensor, **tensors: Any) -> None:
    if message.dtype not in _DTYPES:
        allowed = ", ".join(_DTYPES.values())
        raise ValueError(f"input: found {message.dtype}; allowed: {allowed}")
    for name, tensor in (("input", message), *tensors.items()):
        if isinstance(tensor, torch.Tensor):
            if not tensor.is_contiguous():
                raise ValueError(f"{name}: found strides {tensor.stride()}; allowed: a contiguous tensor")
            if tensor.device != message.device:
                raise ValueError(f"{name}: found {tensor.device}; allowed: {message.device}, as the input")
    known = by_handle(comm)
    tokens, hidden = _rows(message)
    members = {n: t.data_ptr() if isinstance(t, torch.Tensor) else t for n, t in tensors.items()}
    operation = known.operation(_DTYPES[message.dtype], fusion, tokens, hidden, input=message.data_ptr(), **members)
    known.all_reduce(operation, torch.cuda.current_stream(message.device).cuda_stream)


def _same(name: str, tensor: torch.Tensor, message: torch.Tensor) -> None:
    if tensor.shape != message.shape or tensor.dtype != message.dtype:
        found = f"{tuple(tensor.shape)} {tensor.dtype}"
        raise ValueError(f"{name}: found {found}; allowed: {tuple(message.shape)} {message.dtype}, as the input")


def _norm_tensors(message: torch.Tensor, residual: torch.Tensor, weight: torch.Tensor) -> None:
    _same("residual", residual, message)
    if weight.shape != message.shape[-1:] or weight.dtype != message.dtype:
        found = f"{tuple(weight.shape)} {weight.dtype}"
        raise ValueError(f"weight: found {found}; allowed: ({message.shape[-1]},) {message.dtype}")


def _scale(scale: torch.Tensor) -> None:
    if scale.numel() != 1 or scale.dtype != torch.float32:
        raise ValueError(f"scale: found {tuple(scale.shape)} {scale.dtype}; allowed: one element of torch.float32")


def _new_fp8(message: torch.Tensor) -> torch.Tensor:
    return torch.empty(message.shape, dtype=torch.float8_e4m3fn, device=message.device)


def _new_nvfp4(message: torch.Tensor, swizzled: bool) -> Tuple[torch.Tensor, torch.Tensor]:
    tokens, hidden = _rows(message)
    blocks = (hidden + _BLOCK - 1) // _BLOCK
    shape = (tokens, blocks)
    if swizzled:
        shape = ((tokens + 127) // 128 * ((blocks + 3) // 4) * 512,)
    codes = torch.empty((*message.shape[:-1], (hidden + 1) // 2), dtype=torch.uint8, device=message.device)
    return codes, torch.empty(shape, dtype=torch.float8_e4m3fn, device=message.device)


def _all_reduce(input: torch.Tensor, comm: int) -> torch.Tensor:
    output = torch.empty_like(input)
    _run(comm, "NONE", input, output=output)
    return output


def _all_reduce_(input: torch.Tensor, comm: int) -> None:
    _run(comm, "NONE", input, output=input)


def _all_reduce_rms_norm(input, residual, weight, epsilon, comm, weight_bias=0.0):
    _norm_tensors(input, residual, weight)
    norm, total = torch.empty_like(input), torch.empty_like(input)
    _run(
        comm, "RESIDUAL_RMS_NORM", input, residual_in=residual, residual_out=total, weight=weight, norm_out=norm,
        epsilon=epsilon, weight_bias=weight_bias,
    )  # fmt: skip
    return norm, total


def _all_reduce_rms_norm_(input, residual, weight, epsilon, comm, weight_bias=0.0):
    _norm_tensors(input, residual, weight)
    _run(
        comm, "RESIDUAL_RMS_NORM", input, residual_in=residual, residual_out=residual, weight=weight, norm_out=input,
        epsilon=epsilon, weight_bias=weight_bias,
    )  # fmt: skip


def _all_reduce_rms_norm_fp8(input, residual, weight, scale, epsilon, comm, weight_bias=0.0):
    _norm_tensors(input, residual, weight)
    _scale(scale)
    quantized, total = _new_fp8(input), torch.empty_like(input)
    _run(
        comm, "RESIDUAL_RMS_NORM_QUANT_FP8", input, residual_in=residual, residual_out=total, weight=weight,
        quant_out=quantized, scale=scale, epsilon=epsilon, weight_bias=weight_bias,
    )  # fmt: skip
    return quantized, total


def _all_reduce_rms_norm_nvfp4(input, residual, weight, scale, epsilon, comm, weight_bias=0.0, swizzled=True):
    _norm_tensors(input, residual, weight)
    _scale(scale)
    codes, scales = _new_nvfp4(input, swizzled)
    total = torch.empty_like(input)
    _run(
        comm, "RESIDUAL_RMS_NORM_QUANT_NVFP4", input, residual_in=residual, residual_out=total, weight=weight,
        quant_out=codes, scales_out=scales, scale=scale, epsilon=epsilon, weight_bias=weight_bias,
        scale_layout=c.SWIZZLED if swizzled else c.LINEAR,
    )  # fmt: skip
    return codes, scales, total


def _fake_nvfp4(input, residual, weight, scale, epsilon, comm, weight_bias=0.0, swizzled=True):
    return (*_new_nvfp4(input, swizzled), torch.empty_like(input))


_NORM = "Tensor weight, float epsilon, int comm, float weight_bias=0.0"
_QUANT = "Tensor input, Tensor residual, Tensor weight, Tensor scale, float epsilon, int comm, float weight_bias=0.0"
_OPERATIONS = {
    "all_reduce(Tensor input, int comm) -> Tensor": (_all_reduce, lambda input, comm: torch.empty_like(input)),
    "all_reduce_(Tensor(a!) input, int comm) -> ()": (_all_reduce_, lambda input, comm: None),
    f"all_reduce_rms_norm(Tensor input, Tensor residual, {_NORM}) -> (Tensor, Tensor)": (
        _all_reduce_rms_norm,
        lambda input, *rest, **more: (torch.empty_like(input), torch.empty_like(input)),
    ),
    f"all_reduce_rms_norm_(Tensor(a!) input, Tensor(b!) residual, {_NORM}) -> ()": (
        _all_reduce_rms_norm_,
        lambda *all, **more: None,
    ),
    f"all_reduce_rms_norm_fp8({_QUANT}) -> (Tensor, Tensor)": (
        _all_reduce_rms_norm_fp8,
        lambda input, *rest, **more: (_new_fp8(input), torch.empty_like(input)),
    ),
    f"all_reduce_rms_norm_nvfp4({_QUANT}, bool swizzled=True) -> (Tensor, Tensor, Tensor)": (
        _all_reduce_rms_norm_nvfp4,
        _fake_nvfp4,
    ),
}

_definitions = torch.library.Library("arbiter", "DEF")  # operations live as long as this does


def _register() -> None:
    for schema, (run, fake) in _OPERATIONS.items():
        name = schema[: schema.index("(")]
        _definitions.define(schema)
        _definitions.impl(name, run, "CUDA")
        torch.library.register_fake(f"arbiter::{name}", fake, lib=_definitions)


_register()
