#include "rms_norm/nvfp4_check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "arbiter/host/number_formats.hpp"

namespace arbiter {

namespace {

constexpr double wrong = std::numeric_limits<double>::infinity();
/// Three fp32 roundings: 1 / scale, its product with global_scale, and that with the norm.
constexpr double arithmetic = 0x1p-22;

/// One block's values, `first` its first element.
double check_block(const std::uint8_t* packed, std::size_t first, double scale, double global_scale,
                   const ReferenceRow& norm) {
  const ValueGrid grid = grid_of(DType::float4_e2m1x2);
  const std::size_t end = std::min(first + static_cast<std::size_t>(nvfp4_block), norm.value.size());
  double worst = 0.0;
  for (std::size_t i = first; i < end; ++i) {
    const auto code = static_cast<std::uint8_t>(packed[i / 2] >> (i % 2 * 4));
    const auto actual = static_cast<double>(e2m1_to_float(code));
    if (scale == 0.0) {
      if (actual != 0.0) return wrong;
      continue;
    }
    // e2m1 has no NaN to hold: a NaN is kept in the scale, which was compared.
    if (std::isnan(norm.value[i]) || std::isnan(scale)) continue;
    const double factor = global_scale / scale;
    const double expected = norm.value[i] * factor;
    const double tolerance =
        std::isfinite(expected) ? norm.tolerance[i] * factor + std::fabs(expected) * arithmetic : 0.0;
    worst = std::max(worst, error_share(grid, actual, expected, tolerance));
  }
  return worst;
}

}  // namespace

double check_nvfp4_row(const RmsNormForm& form, const Problem& problem, const Bindings& host, std::int64_t row,
                       const ReferenceRow& norm, const ReferenceRow& scales) {
  const Nvfp4Scales layout = form.scales(problem);
  const ValueGrid scale_grid = grid_of(DType::float8_e4m3);
  const auto global_scale = static_cast<double>(scalar_input(host, RmsNormForm::quant_scale));
  const std::int64_t row_bytes = RmsNormForm::packed_row_bytes(problem);
  const auto* packed = static_cast<const std::uint8_t*>(host.tensors[form.quant_out()]) + row * row_bytes;
  const auto* written = static_cast<const std::uint8_t*>(host.tensors[form.scale_out()]);

  double worst = 0.0;
  const auto in_layout = static_cast<std::uint32_t>(row);
  for (std::uint32_t block = 0; block < layout.blocks; ++block) {
    const auto scale = static_cast<double>(e4m3_to_float(written[layout.offset(in_layout, block)]));
    worst = std::max(worst, error_share(scale_grid, scale, scales.value[block], scales.tolerance[block]));
    worst = std::max(worst, check_block(packed, std::size_t{block} * nvfp4_block, scale, global_scale, norm));
  }
  for (std::uint32_t block = layout.blocks; block < layout.columns(); ++block) {
    if (written[layout.offset(in_layout, block)] != 0) return wrong;
  }
  if (problem.hidden_size % 2 != 0 && packed[row_bytes - 1] >> 4 != 0) return wrong;
  return worst;
}

}  // namespace arbiter
