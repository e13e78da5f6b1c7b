# SPDX-License-Identifier: Apache-2.0
"""choose() by vLLM's own code, with the numbers of an artefact in its dicts. Run in the artefact's names, after
`multicast` (whether PyTorch's symmetric memory is on) and ask_flashinfer.py."""
import sys
import types

from engine_source import class_value, package_file, take, take_methods

MiB = 1024 * 1024
CAPABILITY = 90
FOLDER = "distributed/device_communicators/"
flashinfer_choose = choose
sources = {
    name: package_file("vllm", path)
    for name, path in {
        "utils": FOLDER + "all_reduce_utils.py",
        "cuda": FOLDER + "cuda_communicator.py",
        "custom": FOLDER + "custom_all_reduce.py",
        "symm_mem": FOLDER + "symm_mem.py",
        "flashinfer": FOLDER + "flashinfer_all_reduce.py",
        "fusion": "compilation/passes/fusion/allreduce_rms_fusion.py",
        "config": "config/compilation.py",
    }.items()
}


class Input:
    """As much of a tensor as is asked for."""

    is_cuda = True

    def __init__(self, tokens, hidden, itemsize):
        self.shape = (tokens, hidden)
        self.dtype = {2: "bfloat16", 4: "float32"}[itemsize]
        self.nbytes = tokens * hidden * itemsize

    def numel(self):
        return self.shape[0] * self.shape[1]

    def element_size(self):
        return self.nbytes // self.numel()

    def is_contiguous(self):
        return True


class Stub(types.SimpleNamespace):
    """An object of an engine's class, with those of its methods that are given."""

    def __init__(self, methods, **members):
        super().__init__(**members)
        for name, method in methods.items():
            setattr(self, name, types.MethodType(method, self))


scope = {
    "torch": types.SimpleNamespace(
        float16="float16",
        bfloat16="bfloat16",
        float32="float32",
        tensor=lambda data, dtype, **_: types.SimpleNamespace(element_size=lambda: 4 if dtype == "float32" else 2),
    ),
    "envs": types.SimpleNamespace(VLLM_BATCH_INVARIANT=False),
    "is_weak_contiguous": lambda tensor: True,
    "get_fi_ar_workspace": lambda **_: types.SimpleNamespace(is_buffer_size_sufficient=lambda **_: True),
    "Any": object,
    "KiB": 1024,
    "MiB": MiB,
}
# Whether VLLM_USE_NCCL_SYMM_MEM is set is imported in the function that asks; it is not, by default.
for name in ("vllm", "vllm.distributed", "vllm.distributed.device_communicators"):
    sys.modules[name] = types.ModuleType(name)
allocator = types.ModuleType("vllm.distributed.device_communicators.pynccl_allocator")
allocator.is_symmetric_memory_enabled = lambda: False
sys.modules[allocator.__name__] = allocator

take(
    sources["utils"],
    [
        "CUSTOM_ALL_REDUCE_MAX_SIZES",
        "SYMM_MEM_ALL_REDUCE_MAX_SIZES",
        "NCCL_SYMM_MEM_ALL_REDUCE_CONFIG",
        "should_nccl_symm_mem_allreduce",
    ],
    scope,
)
take(
    sources["fusion"],
    [
        "FI_ALLREDUCE_FUSION_MAX_SIZE_MB",
        "_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB",
        "_select_flashinfer_allreduce_use_oneshot",
    ],
    scope,
)
for name in ("FI_ALLREDUCE_FUSION_MAX_SIZE_MB", "_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB"):
    scope[name][CAPABILITY].update(globals().get(name, {}).get(CAPABILITY, {}))
for name in ("CUSTOM_ALL_REDUCE_MAX_SIZES", "SYMM_MEM_ALL_REDUCE_MAX_SIZES"):
    scope[name]["9.0"].update(globals().get(name, {}).get("9.0", {}))

dispatch = take_methods(sources["cuda"], "CudaCommunicator", ["all_reduce"], dict(scope))
custom_methods = take_methods(sources["custom"], "CustomAllreduce", ["should_custom_ar"], dict(scope))
symm_methods = take_methods(sources["symm_mem"], "SymmMemCommunicator", ["should_use_symm_mem"], dict(scope))
fi_methods = take_methods(sources["flashinfer"], "FlashInferAllReduce", ["should_use_fi_ar"], dict(scope))
pass_methods = take_methods(sources["config"], "PassConfig", ["flashinfer_max_size"], dict(scope))
range_methods = take_methods(sources["fusion"], "AllReduceFusionPass", ["is_applicable_for_range"], dict(scope))
multimem_sizes = class_value(sources["symm_mem"], "SymmMemCommunicator", "_WORLD_SIZES_MULTIMEM")["9.0"]


def communicator(tp, fusion, tokens, hidden, itemsize):
    """vLLM's communicator of a group of `tp` ranks of one host."""
    fused_mib = scope["FI_ALLREDUCE_FUSION_MAX_SIZE_MB"][CAPABILITY].get(tp)
    symm_bytes = scope["SYMM_MEM_ALL_REDUCE_MAX_SIZES"]["9.0"].get(tp)
    uses_symm = multicast and symm_bytes is not None
    custom_bytes = 8192 * 1024
    if uses_symm and tp in scope["CUSTOM_ALL_REDUCE_MAX_SIZES"]["9.0"]:
        custom_bytes = min(custom_bytes, scope["CUSTOM_ALL_REDUCE_MAX_SIZES"]["9.0"][tp])
    return Stub(
        dispatch,
        fi_ar_comm=Stub(
            fi_methods,
            disabled=not fused_mib,
            world_size=tp,
            rank=0,
            group=None,
            max_workspace_size=int((fused_mib or 0) * MiB),
            max_num_tokens=0,
            _ensure_workspace=lambda hidden, dtype: True,
            all_reduce=lambda tensor: flashinfer_choose(tp, fusion, tokens, hidden, itemsize),
        ),
        ca_comm=Stub(
            custom_methods,
            disabled=tp not in (2, 4, 6, 8, 16),
            world_size=tp,
            fully_connected=True,
            batch_invariant=False,
            max_size=custom_bytes,
            custom_all_reduce=lambda tensor: "custom",
        ),
        symm_mem_comm=Stub(
            symm_methods,
            disabled=not uses_symm,
            dtype="bfloat16",
            max_size=symm_bytes,
            all_reduce=lambda tensor: "symm_multimem" if tp in multimem_sizes else "symm_two_shot",
        ),
        pynccl_comm=types.SimpleNamespace(disabled=False, world_size=tp, all_reduce=lambda tensor: "nccl"),
        qr_comm=None,
        fi_pcie_ipc_ar_comm=None,
        aiter_ar_comm=None,
        use_aiter_allreduce=False,
    )


def choose(tp, fusion, tokens, hidden, itemsize):
    if fusion != "NONE":
        sizes = scope["FI_ALLREDUCE_FUSION_MAX_SIZE_MB"][CAPABILITY]
        config = Stub(
            pass_methods,
            fi_allreduce_fusion_max_size_mb=None,
            default_fi_allreduce_fusion_max_size_mb=lambda: sizes,
        )
        limit = config.flashinfer_max_size(tp)
        fusing = Stub(range_methods, disabled=limit is None, max_token_num=(limit or 0) // (hidden * itemsize))
        if not fusing.disabled and fusing.is_applicable_for_range(types.SimpleNamespace(end=tokens)):
            one_shot = scope["_select_flashinfer_allreduce_use_oneshot"](
                "trtllm", CAPABILITY, tp, tokens * hidden * itemsize
            )
            return flashinfer_choose(tp, fusion, tokens, hidden, itemsize, one_shot)
    return communicator(tp, fusion, tokens, hidden, itemsize).all_reduce(Input(tokens, hidden, itemsize))
