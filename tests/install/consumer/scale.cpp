// SPDX-License-Identifier: Apache-2.0
// A third party's kernel for each instruction set: all give the bits of the scalar conversions.
#include <cstdint>
#include <iostream>
#include <vector>

#include "arbiter/host/number_formats.hpp"
#include "arbiter/host/row_kernels.hpp"

namespace arbiter {
#define DECLARE(isa_name)                                                                     \
  namespace isa_name {                                                                        \
  void scale_row(const std::uint16_t* from, float by, std::uint16_t* to, std::int64_t count); \
  }
DECLARE(portable)
#if defined(__x86_64__)
DECLARE(avx2)
DECLARE(avx512)
#endif
}  // namespace arbiter

int main() {
  using namespace arbiter;
  std::vector<void (*)(const std::uint16_t*, float, std::uint16_t*, std::int64_t)> kernels = {portable::scale_row};
#if defined(__x86_64__)
  if (processor_isa() >= Isa::avx2) kernels.push_back(avx2::scale_row);
  if (processor_isa() >= Isa::avx512) kernels.push_back(avx512::scale_row);
#endif
  std::vector<std::uint16_t> row;
  for (std::uint16_t i = 0; i < 37; ++i) row.push_back(float_to_bfloat16(0.1F * static_cast<float>(i)));
  for (const auto kernel : kernels) {
    std::vector<std::uint16_t> scaled(row.size());
    kernel(row.data(), 3.0F, scaled.data(), static_cast<std::int64_t>(row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (scaled[i] != float_to_bfloat16(bfloat16_to_float(row[i]) * 3.0F)) return 1;
    }
  }
  std::cout << "the same bits on every instruction set\n";
}
