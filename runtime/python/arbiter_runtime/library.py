# SPDX-License-Identifier: Apache-2.0
"""libarbiter_runtime as ctypes sees it: the structures and functions of arbiter/runtime.h."""

import ctypes
import functools
import os
from ctypes import POINTER, Structure, c_char, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint64, c_void_p
from pathlib import Path
from typing import Any, List

ABI = 1
SONAME = f"libarbiter_runtime.so.{ABI}"
VARIABLE = "ARBITER_RUNTIME_LIBRARY"

DTYPES = {"bfloat16": 0, "float16": 1, "float32": 2}
FUSIONS = {
    "NONE": 0,
    "RESIDUAL_RMS_NORM": 1,
    "RESIDUAL_RMS_NORM_QUANT_FP8": 2,
    "RESIDUAL_RMS_NORM_QUANT_NVFP4": 3,
}
SWIZZLED, LINEAR = 0, 1
PATH_ONESHOT, PATH_TWOSHOT = 1, 2

AllGather = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_size_t)


class CommOptions(Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("rank", c_int),
        ("size", c_int),
        ("device", c_int),
        ("flags", c_int),
        ("all_gather", AllGather),
        ("all_gather_context", c_void_p),
        ("nccl_comm", c_void_p),
        ("nccl_library", c_char_p),
        ("decision_path", c_char_p),
        ("timeout_ms", c_uint64),
        ("max_workspace_bytes", c_uint64),
        ("concurrent_communicators", c_int),
        ("reserved", c_int),
    ]


class Operation(Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("dtype", c_int),
        ("fusion", c_int),
        ("num_tokens", c_int64),
        ("hidden_size", c_int64),
        ("input", c_void_p),
        ("output", c_void_p),
        ("residual_in", c_void_p),
        ("residual_out", c_void_p),
        ("weight", c_void_p),
        ("norm_out", c_void_p),
        ("quant_out", c_void_p),
        ("scales_out", c_void_p),
        ("scale", c_void_p),
        ("epsilon", c_double),
        ("weight_bias", c_double),
        ("scale_layout", c_int),
        ("reserved", c_int),
    ]


class Choice(Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("path", c_int),
        ("launches", c_int),
        ("blocks", c_int),
        ("status", c_int),
        ("reason", c_char * 240),
    ]


class CommInfo(Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("rank", c_int),
        ("size", c_int),
        ("device", c_int),
        ("nccl_version", c_int),
        ("reserved_bytes", c_uint64),
        ("chunk_bytes", c_uint64),
        ("workspace_bytes", c_uint64),
        ("has_kernels", c_int),
        ("has_nccl", c_int),
        ("decision", c_char * 240),
        ("why_no_kernels", c_char * 240),
    ]


_FUNCTIONS = {
    "arbiter_comm_create": (c_int, [POINTER(c_void_p), POINTER(CommOptions)]),
    "arbiter_comm_reserve": (c_int, [c_void_p, c_size_t]),
    "arbiter_all_reduce": (c_int, [c_void_p, POINTER(Operation), c_void_p]),
    "arbiter_path_of": (c_int, [c_void_p, POINTER(Operation)]),
    "arbiter_explain": (c_int, [c_void_p, POINTER(Operation), POINTER(Choice)]),
    "arbiter_comm_async_error": (c_int, [c_void_p]),
    "arbiter_comm_get_info": (c_int, [c_void_p, POINTER(CommInfo)]),
    "arbiter_comm_destroy": (c_int, [c_void_p]),
    "arbiter_last_error": (c_char_p, []),
    "arbiter_status_name": (c_char_p, [c_int]),
    "arbiter_path_name": (c_char_p, [c_int]),
    "arbiter_version": (c_int, []),
}


def sized(structure: Any) -> Any:
    """A zeroed structure that says its size."""
    made = structure()
    made.struct_size = ctypes.sizeof(structure)
    return made


def candidates() -> List[str]:
    """Where the library may be, in order."""
    told = os.environ.get(VARIABLE)
    if told:
        return [told]
    package = Path(__file__).resolve().parent
    # In an installed prefix: share/arbiter/python/arbiter_runtime beside lib, or Debian's lib/<triplet>.
    prefix = package.parents[3] if len(package.parents) > 3 else package
    beside = [prefix / "lib" / SONAME, *sorted(prefix.glob(f"lib/*-linux-gnu/{SONAME}"))]
    return [str(file) for file in beside if file.exists()] + [SONAME]


@functools.lru_cache(maxsize=None)
def load() -> Any:
    """The library, with the types of its functions. OSError says where it was looked for."""
    failures = []
    for file in candidates():
        try:
            library = ctypes.CDLL(file)
            for name, (result, arguments) in _FUNCTIONS.items():
                function = getattr(library, name)
                function.restype = result
                function.argtypes = arguments
        except (OSError, AttributeError) as error:
            failures.append(str(error))
        else:
            return library
    raise OSError(f"{SONAME} does not load; {VARIABLE} may name its file. " + "; ".join(failures))
