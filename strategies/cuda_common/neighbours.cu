// SPDX-License-Identifier: Apache-2.0
// The parameter `programmatic`: one of two builds of this file is linked to a kernel. ARBITER_PROGRAMMATIC is 0 or 1.
#include "cuda_common/neighbours.cuh"

extern "C" __device__ bool arbiter_is_programmatic() { return ARBITER_PROGRAMMATIC != 0; }
