# SPDX-License-Identifier: Apache-2.0
"""choose() by FlashInfer's own code, with the numbers of an artefact in its table. Run in the artefact's names."""
import types

from engine_source import package_file, take


class Tensor:
    """As much of a tensor as is asked for."""

    device = None

    def __init__(self, itemsize):
        self.dtype = types.SimpleNamespace(itemsize=itemsize)


asked = []
flashinfer_scope = {
    "torch": types.SimpleNamespace(float32=None, Tensor=Tensor),
    "logging": types.SimpleNamespace(warning=lambda *text: None),
    "get_trtllm_comm_module": lambda: types.SimpleNamespace(
        trtllm_allreduce_fusion=lambda **given: asked.append(given["use_oneshot"])
    ),
}
take(
    package_file("flashinfer", "comm/trtllm_ar.py"),
    ["_use_oneshot_heuristics", "_should_use_oneshot", "MAX_COMM_SIZE", "trtllm_allreduce_fusion"],
    flashinfer_scope,
)
flashinfer_scope["_use_oneshot_heuristics"].update(globals().get("_use_oneshot_heuristics", {}))


def choose(tp, fusion, tokens, hidden, itemsize, use_oneshot=None):
    nothing = dict.fromkeys(
        "workspace_ptrs launch_with_pdl trigger_completion_at_end fp32_acc pattern_code allreduce_out residual_in "
        "residual_out norm_out quant_out scale_out rms_gamma rms_eps scale_factor layout_code".split()
    )
    sizes = {"world_size": tp, "world_rank": 0, "token_num": tokens, "hidden_dim": hidden}
    try:
        flashinfer_scope["trtllm_allreduce_fusion"](
            allreduce_in=Tensor(itemsize), use_oneshot=use_oneshot, **sizes, **nothing
        )
    except AssertionError:
        return "stops"
    return "one_shot" if asked[-1] else "two_shot"
