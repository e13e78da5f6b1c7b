# SPDX-License-Identifier: Apache-2.0
"""NumPy on the host: every rank gathers all messages and adds them in fp32, rank 0 first."""

import numpy

import arbiter

FORMATS = {"float16": numpy.float16, "float32": numpy.float32}


class Adapter(arbiter.Adapter):
    accumulation = "fp32_rank_order"
    packages = ("numpy",)
    modules = ("numpy",)

    def supports(self, problem):
        return None if problem.dtype in FORMATS else f"NumPy has no {problem.dtype}"

    def prepare(self, problem, group, device):
        def run(bindings, stream):
            messages = group.all_gather(bindings.input.numpy().tobytes())
            parts = [numpy.frombuffer(m, FORMATS[problem.dtype]).astype(numpy.float32) for m in messages]
            with numpy.errstate(all="ignore"):  # infinities and NaN are numbers like any other here
                bindings.tensors["reduced"].numpy().reshape(-1)[:] = sum(parts[1:], parts[0])

        return run
