# SPDX-License-Identifier: Apache-2.0
"""TensorRT-LLM's all-reduce operator, where tensorrt_llm is installed.

    TRTLLM_ONESHOT: {strategy: PYTHON, python: .../bin/python, adapter: tensorrt_llm, shot: one}

The operator allocates its outputs, so each is copied to where it belongs and the time includes these copies, which an
engine does not make: compare TRTLLM_ONESHOT with TRTLLM_TWOSHOT, not with others. FlashInfer has the same kernels; for
tables measure those, with the adapter flashinfer.

The ranks are those of MPI, so tensorrt_llm must use the Open MPI that the runner uses.
"""

import os
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional

from arbiter import torch_world
from arbiter.adapter import ITEM_BYTES, Bindings, Group, Problem
from arbiter.engine_adapter import EngineAdapter, one_of

OUTPUTS = {  # in the operator's order
    "NONE": ("reduced",),
    "RESIDUAL_RMS_NORM": ("norm_out", "residual_out"),
    "RESIDUAL_RMS_NORM_QUANT_FP8": ("quant_out", "residual_out"),
    "RESIDUAL_RMS_NORM_OUT_QUANT_FP8": ("norm_out", "quant_out", "residual_out"),
}
WORKSPACE = "TRTLLM_ALLREDUCE_FUSION_WORKSPACE_SIZE"  # messages above it go to NCCL
DEFAULT_WORKSPACE = 64 << 20


class Adapter(EngineAdapter):
    engine = "TensorRT-LLM"
    written_for = "tensorrt_llm 1.2, as its repository has it"
    packages = ("torch", "tensorrt_llm")
    modules = ("torch", "tensorrt_llm")
    choices = {"shot": ("one", "two"), "trigger": ("end", "early")}
    numbers = {"eps": 1e-5}

    def __init__(self, options: Dict[str, str]) -> None:
        super().__init__(options)
        self._workspace: Any = None  # the operator's pointers
        self._memory: Any = None  # what they point to
        self._ranks: List[int] = []

    def load(self) -> Any:
        import tensorrt_llm  # noqa: F401  it registers the operators
        import torch
        from tensorrt_llm._ipc_utils import can_access_peer
        from tensorrt_llm._torch.distributed.ops import CustomAllReduceHelper
        from tensorrt_llm.functional import AllReduceFusionOp, AllReduceStrategy
        from tensorrt_llm.mapping import Mapping

        return SimpleNamespace(
            torch=torch,
            run=torch.ops.trtllm.allreduce,
            sees_peers=can_access_peer,
            helper=CustomAllReduceHelper,
            mapping=Mapping,
            fusions={name: int(getattr(AllReduceFusionOp, name)) for name in OUTPUTS},
            strategies={"one": int(AllReduceStrategy.ONESHOT), "two": int(AllReduceStrategy.TWOSHOT)},
        )

    def fuses(self, fusion: str) -> bool:
        return fusion in OUTPUTS and fusion != "NONE"

    def limit(self, problem: Problem) -> Optional[str]:
        reason = one_of(problem.dtype, ("bfloat16", "float16", "float32"), "dtype of TensorRT-LLM")
        reason = reason or one_of(problem.tp_size, (2, 4, 8, 16), "tp_size of TensorRT-LLM")
        if reason is not None:
            return reason
        step = 16 // ITEM_BYTES[problem.dtype]
        if problem.hidden_size % step != 0:
            return f"hidden_size of TensorRT-LLM: found {problem.hidden_size}; allowed: multiples of {step}"
        if self.chosen["shot"] == "two" and problem.num_tokens < problem.tp_size:
            return f"num_tokens of TensorRT-LLM's two shots: found {problem.num_tokens}; allowed: tp_size or more"
        most = int(os.environ.get(WORKSPACE) or DEFAULT_WORKSPACE)
        if problem.message_bytes > most:
            return (
                f"TensorRT-LLM: found a message of {problem.message_bytes} bytes; allowed: up to {most} ({WORKSPACE})"
            )
        return None

    def prepare(self, problem: Problem, group: Group, device: Optional[int]) -> Callable[[Bindings, int], None]:
        trtllm = self.loaded()
        world = torch_world.join(group, self.gpu(device))
        torch_world.together(group, lambda: self._make_workspace(world, trtllm))
        pool = trtllm.torch.cuda.MemPool()  # of the outputs: no other memory may lie where graphs write
        arguments = torch_world.kept("arguments", lambda b: self._arguments(problem, b, trtllm))
        names = OUTPUTS[problem.fusion]
        wanted = torch_world.kept("outputs", lambda b: [b.tensors[name].torch() for name in names])

        def run(bindings: Bindings, stream: int) -> None:
            known, places = arguments(bindings), wanted(bindings)
            with world.on_stream(stream), trtllm.torch.cuda.use_mem_pool(pool):
                made = trtllm.run(**known)
                if len(made) != len(places):
                    raise RuntimeError(f"TensorRT-LLM returned {len(made)} outputs; expected: {', '.join(names)}")
                for place, output in zip(places, made):
                    place.copy_(output)

        return run

    def _make_workspace(self, world: Any, trtllm: Any) -> None:
        if self._workspace is not None:
            return
        mapping = trtllm.mapping(world_size=world.size, rank=world.rank, tp_size=world.size)
        if not trtllm.sees_peers(mapping):
            raise RuntimeError("TensorRT-LLM finds no access to the peers' memory; it would call NCCL")
        # TensorRT-LLM would share one, but a failed run leaves it out of step, and the adapter made next needs another.
        size = trtllm.helper.max_workspace_size_auto(world.size, support_deterministic=False)
        self._memory, self._workspace = trtllm.helper.allocate_allreduce_fusion_workspace(mapping, size)
        self._ranks = list(mapping.tp_group)

    def _arguments(self, problem: Problem, bindings: Bindings, trtllm: Any) -> Dict[str, Any]:
        tensors = {name: tensor.torch() for name, tensor in bindings.tensors.items()}
        return {
            "input": bindings.input.torch(),
            "residual": tensors.get("residual"),
            "norm_weight": tensors.get("gamma"),
            "scale": tensors.get("scale"),  # it divides by it, as our fusions do
            "bias": None,
            "workspace": self._workspace,
            "group": self._ranks,
            "strategy": trtllm.strategies[self.chosen["shot"]],
            "op": trtllm.fusions[problem.fusion],
            "eps": self.values["eps"],
            "trigger_completion_at_end": self.chosen["trigger"] == "end",
        }
