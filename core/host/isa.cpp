// SPDX-License-Identifier: Apache-2.0
#include "host/isa.hpp"

#include <fmt/format.h>

#include "arbiter/error.hpp"

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

Isa lowered_isa(Isa processor, std::string_view setting) {
  if (setting.empty()) return processor;
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (setting == name_of(isa)) return isa < processor ? isa : processor;
  }
  throw ConfigError(
      fmt::format("environment variable ARBITER_ISA: found '{}', allowed portable, avx2, avx512", setting));
}

}  // namespace arbiter
