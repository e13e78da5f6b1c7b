// SPDX-License-Identifier: Apache-2.0
#include "arbiter/host/row_kernels.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "host/isa.hpp"
#include "host/row_kernels_isa.hpp"

namespace arbiter {

namespace {

const IsaRowKernels& kernels_of(Isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::avx2: return avx2::row_kernels;
    case Isa::avx512: return avx512::row_kernels;
#endif
    default: return portable::row_kernels;
  }
}

}  // namespace

/// Asked once: in a virtual machine CPUID traps to the hypervisor, which takes microseconds.
Isa processor_isa() {
  static const Isa isa = ask_processor();
  return isa;
}

Isa isa() {
  static const Isa chosen = [] {
    const char* setting = std::getenv("ARBITER_ISA");  // NOLINT(concurrency-mt-unsafe)
    return lowered_isa(processor_isa(), setting == nullptr ? "" : setting);
  }();
  return chosen;
}

std::string_view name_of(Isa isa) {
  switch (isa) {
    case Isa::portable: return "portable";
    case Isa::avx2: return "avx2";
    case Isa::avx512: return "avx512";
  }
  return "unknown";
}

const RowKernels& row_kernels(DType dtype) { return row_kernels(dtype, isa()); }

const RowKernels& row_kernels(DType dtype, Isa isa) {
  if (isa > processor_isa()) {
    throw Error(fmt::format("row kernels for {} were asked for, this processor has {}", name_of(isa),
                            name_of(processor_isa())));
  }
  const IsaRowKernels& kernels = kernels_of(isa);
  switch (dtype) {
    case DType::bfloat16: return kernels.bfloat16;
    case DType::float16: return kernels.float16;
    case DType::float32: return kernels.float32;
    default: throw Error(fmt::format("{} is no message dtype; allowed bfloat16, float16, float32", name_of(dtype)));
  }
}

}  // namespace arbiter
