# SPDX-License-Identifier: Apache-2.0
"""FlashInfer's fused all-reduce, called as vLLM 0.33 calls it.

    FLASHINFER_ONESHOT: {strategy: PYTHON, python: .../bin/python, adapter: flashinfer, shot: one}

Options: `trigger=early` lets dependents start before the outputs are complete, as vLLM does for a lone all-reduce of up
to 16 tokens; only one shot looks at it. `fp32_acc` is by default what vLLM asks for: true with a fusion, false without.
`eps` is the norm's. `backend=mnnvl`, vLLM's first choice where NVLink multicast works, needs `multicast=true`.

The workspace takes 4 x ranks x the largest message on each GPU. FlashInfer compiles its kernels when they are first
used, unless flashinfer-jit-cache is installed; that may take minutes and needs nvcc.
"""

from types import SimpleNamespace
from typing import Any, Callable, Dict, Optional

from arbiter import torch_world
from arbiter.adapter import ITEM_BYTES, Bindings, Group, Problem
from arbiter.engine_adapter import EngineAdapter, one_of

PATTERNS = {
    "NONE": "kAllReduce",
    "RESIDUAL_RMS_NORM": "kARResidualRMSNorm",
    "RESIDUAL_RMS_NORM_QUANT_FP8": "kARResidualRMSNormFP8Quant",
    "RESIDUAL_RMS_NORM_OUT_QUANT_FP8": "kARResidualRMSNormOutFP8Quant",
}
ACCESS_BYTES = 16  # what a thread loads at once
THREADS = 1024  # of a block
CLUSTER = 8  # blocks that share a token
# One shot clears its buffers at 2 x ranks x the largest message, a 32-bit product.
WORKSPACE_BYTES = 1 << 30


class _Workspace:
    """FlashInfer keeps the memory of its workspaces until it is told that they are no longer used."""

    def __init__(self, comm: Any, made: Any, problem: Problem, elements: int) -> None:
        self.made = made
        self.elements = elements
        self.hidden_size = problem.hidden_size
        self._comm = comm

    def __del__(self) -> None:
        try:
            if self.made.backend == "trtllm":
                self._comm.trtllm_destroy_ipc_workspace_for_all_reduce_fusion(self.made.ipc_handles)
            self.made.destroy()
        except Exception:  # at exit FlashInfer may be gone
            return


class Adapter(EngineAdapter):
    engine = "FlashInfer"
    written_for = "flashinfer-python 0.7.2 and vLLM 0.33"
    packages = ("torch", "flashinfer-python", "flashinfer-jit-cache")
    modules = ("torch", "flashinfer")
    choices = {
        "shot": ("default", "one", "two"),  # default: by FlashInfer's own rule
        "backend": ("trtllm", "mnnvl"),
        "trigger": ("end", "early"),
        "fp32_acc": ("default", "true", "false"),
        "multicast": ("false", "true"),
    }
    numbers = {"eps": 1e-5}

    def __init__(self, options: Dict[str, str]) -> None:
        super().__init__(options)
        self._mnnvl = self.chosen["backend"] == "mnnvl"
        if self._mnnvl and self.chosen["multicast"] == "false":
            raise ValueError("backend: found mnnvl without multicast=true in options; allowed: trtllm, or both")
        # With a fusion even fp32_acc rounds the sum before the residual is added.
        self.accumulation = "per_hop" if self.chosen["fp32_acc"] == "false" and not self._mnnvl else "library"
        self._workspaces: Dict[str, _Workspace] = {}

    def load(self) -> Any:
        import flashinfer.comm as comm
        import torch
        from flashinfer.comm.mnnvl import TorchDistBackend

        return SimpleNamespace(
            comm=comm,
            backend=TorchDistBackend,
            make=comm.create_allreduce_fusion_workspace,
            release=comm.trtllm_destroy_ipc_workspace_for_all_reduce_fusion,
            run=comm.allreduce_fusion,
            patterns={fusion: getattr(comm.AllReduceFusionPattern, name) for fusion, name in PATTERNS.items()},
            layout=comm.QuantizationSFLayout.SWIZZLED_128x4,
            torch=torch,
        )

    def fuses(self, fusion: str) -> bool:
        return fusion in PATTERNS and fusion != "NONE"

    def limit(self, problem: Problem) -> Optional[str]:
        reason = one_of(problem.dtype, ("bfloat16", "float16", "float32"), "dtype of FlashInfer")
        worlds = (2, 4, 8) if self.chosen["shot"] == "default" else (2, 4, 8, 16)
        reason = reason or one_of(problem.tp_size, worlds, "tp_size of FlashInfer")
        return reason or self._shape_limit(problem)

    def _shape_limit(self, problem: Problem) -> Optional[str]:
        step = ACCESS_BYTES // ITEM_BYTES[problem.dtype]
        if problem.hidden_size % step != 0:
            return f"hidden_size of FlashInfer: found {problem.hidden_size}; allowed: multiples of {step}"
        if self._mnnvl:
            return None
        two = self.chosen["shot"] == "two"
        if two and problem.num_tokens <= problem.tp_size:
            return f"num_tokens of FlashInfer's two shots: found {problem.num_tokens}; allowed: more than tp_size"
        threads = problem.hidden_size // step
        if two and threads < problem.tp_size:
            return f"hidden_size of FlashInfer's two shots: found {problem.hidden_size}; allowed: {step} x tp_size up"
        cluster = next(blocks for blocks in (CLUSTER, 4, 2, 1) if threads % blocks == 0)
        if threads // cluster > THREADS:
            return (
                f"hidden_size of FlashInfer: found {problem.hidden_size}, which 8 blocks of 1024 threads do not divide"
            )
        if problem.tp_size * problem.message_bytes >= WORKSPACE_BYTES:
            most = WORKSPACE_BYTES // problem.tp_size
            return f"FlashInfer: found a message of {problem.message_bytes} bytes; allowed: less than {most}"
        return None

    def prepare(self, problem: Problem, group: Group, device: Optional[int]) -> Callable[[Bindings, int], None]:
        flashinfer = self.loaded()
        world = torch_world.join(group, self.gpu(device))
        workspace = torch_world.together(group, lambda: self._room_for(problem, world, flashinfer))
        arguments = torch_world.kept("arguments", lambda b: self._arguments(problem, b, workspace, flashinfer))

        def run(bindings: Bindings, stream: int) -> None:
            known = arguments(bindings)
            with world.on_stream(stream):
                flashinfer.run(**known)

        return run

    def _arguments(
        self, problem: Problem, bindings: Bindings, workspace: _Workspace, flashinfer: Any
    ) -> Dict[str, Any]:
        fused = problem.fusion != "NONE"
        tensors = {name: tensor.torch() for name, tensor in bindings.tensors.items()}
        shot = self.chosen["shot"]
        fp32 = self.chosen["fp32_acc"]
        return {
            "input": bindings.input.torch(),
            "workspace": workspace.made,
            "pattern": flashinfer.patterns[problem.fusion],
            "launch_with_pdl": True,
            "trigger_completion_at_end": self.chosen["trigger"] == "end",
            # No fused pattern writes it, but without one FlashInfer allocates it.
            "output": tensors["residual_out" if fused else "reduced"],
            "residual_out": tensors.get("residual_out"),
            "norm_out": tensors.get("norm_out"),
            "quant_out": tensors.get("quant_out"),
            "scale_out": None,
            "residual_in": tensors.get("residual"),
            "rms_gamma": tensors.get("gamma"),
            "rms_eps": self.values["eps"],
            "scale_factor": tensors.get("scale"),  # it divides by it, as our fusions do
            "layout_code": flashinfer.layout,
            "use_oneshot": None if shot == "default" else shot == "one",
            "fp32_acc": fused if fp32 == "default" else fp32 == "true",
        }

    def _room_for(self, problem: Problem, world: Any, flashinfer: Any) -> _Workspace:
        """A workspace for the problem. A larger one replaces it; what was prepared before keeps the old one."""
        kind = "float32" if problem.dtype == "float32" else "16 bits"
        known = self._workspaces.get(kind)
        same_rows = known is not None and (not self._mnnvl or known.hidden_size == problem.hidden_size)
        if known is None or not same_rows or known.elements < problem.elements:
            world.barrier()
            made = flashinfer.make(
                backend=self.chosen["backend"],
                world_size=world.size,
                rank=world.rank,
                max_token_num=self._tokens_for(problem),
                hidden_dim=problem.hidden_size,
                dtype=torch_world.dtype_of(problem.dtype),
                comm_backend=flashinfer.backend(group=world.host_group),
                force_oneshot_support=self.chosen["shot"] == "one",
                group=world.host_group,
            )
            elements = self._tokens_for(problem) * problem.hidden_size
            self._workspaces[kind] = _Workspace(flashinfer.comm, made, problem, elements)
        return self._workspaces[kind]

    def _tokens_for(self, problem: Problem) -> int:
        """Tokens that fill a power of two of bytes, so that a sweep replaces few workspaces."""
        row = problem.hidden_size * ITEM_BYTES[problem.dtype]
        room = max(1 << 20, 1 << (problem.message_bytes - 1).bit_length())
        if problem.tp_size * room >= WORKSPACE_BYTES:
            return problem.num_tokens
        return max(problem.num_tokens, room // row)
