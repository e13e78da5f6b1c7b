#include "arbiter/host/row_kernels.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "host/row_kernels_isa.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace arbiter {

namespace {

#if defined(__x86_64__)
bool has_float16_conversion() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & static_cast<unsigned>(bit_F16C)) != 0;
}
#endif

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

Isa ask_processor() {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !has_float16_conversion()) return Isa::portable;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return wide ? Isa::avx512 : Isa::avx2;
#else
  return Isa::portable;
#endif
}

/// Asked once: a virtual machine leaves the guest to answer, which takes microseconds.
Isa processor_isa() {
  static const Isa isa = ask_processor();
  return isa;
}

Isa lowered_isa(Isa processor, std::string_view setting) {
  if (setting.empty()) return processor;
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (setting == name_of(isa)) return isa < processor ? isa : processor;
  }
  throw ConfigError(
      fmt::format("environment variable ARBITER_ISA: found '{}', allowed portable, avx2, avx512", setting));
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
