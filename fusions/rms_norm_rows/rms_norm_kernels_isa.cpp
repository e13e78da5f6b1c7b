#include "rms_norm_rows/rms_norm_kernels.hpp"
#include "rms_norm_rows/row_encoders.hpp"

namespace arbiter::ARBITER_ISA {
namespace {

template <class Format>
float begin(const float* sum, const void* residual, void* carried, std::int64_t count) {
  const auto* residual_row = static_cast<const typename Format::Unit*>(residual);
  auto* carried_row = static_cast<typename Format::Unit*>(carried);
  // Two sums in turn: one would make each block wait for the addition of the block before.
  Floats squares = splat(0.0F);
  Floats other_squares = splat(0.0F);
  for_blocks(count, [&](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
    const Floats total = load<Float32>(sum + i, extent) + load<Format>(residual_row + i, extent);
    const Floats value = store_rounded<Format>(total, carried_row + i, extent);
    const Floats next = squares + value * value;
    squares = other_squares;
    other_squares = next;
  });
  return tree_sum(squares + other_squares);
}

/// Block after block: stores the norm if there is a `norm_out`, and hands the block times `factor`, then times gamma,
/// to `quantize(block, first element, extent)`.
template <class Format, bool norm_out, class Quantize>
ARBITER_LANES_INLINE void normalize(const FinishRow& row, std::int64_t first, std::int64_t count, float factor,
                                    Quantize quantize) {
  using Unit = typename Format::Unit;
  const Unit* carried = static_cast<const Unit*>(row.carried) + first;
  const Unit* gamma = static_cast<const Unit*>(row.gamma) + first;
  Unit* residual_out = row.residual_out == nullptr ? nullptr : static_cast<Unit*>(row.residual_out) + first;
  Unit* norm = norm_out ? static_cast<Unit*>(row.norm_out) + first : nullptr;
  const Floats scalar = splat(row.scalar);
  const Floats factors = splat(factor);
  for_blocks(count, [=](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
    if (residual_out != nullptr) copy<Format>(carried + i, residual_out + i, extent);
    const Floats value = load<Format>(carried + i, extent);
    const Floats weight = load<Format>(gamma + i, extent);
    if constexpr (norm_out) store_rounded<Format>(value * scalar * weight, norm + i, extent);
    quantize(value * factors * weight, i, extent);
  });
}

template <class Format>
void finish_norm(const FinishRow& row, std::int64_t count) {
  normalize<Format, true>(row, 0, count, row.scalar, [](const Floats&, std::int64_t, auto) ARBITER_LANES_LAMBDA {});
}

template <class Format, bool norm_out>
void finish_fp8(const FinishRow& row, std::int64_t count) {
  std::uint8_t* quant = row.quant_out;
  normalize<Format, norm_out>(row, 0, count, row.scalar * row.quant_scale,
                              [=](const Floats& scaled, std::int64_t i, auto extent)
                                  ARBITER_LANES_LAMBDA { store_bytes(to_e4m3(scaled), quant + i, extent); });
}

/// Sixteen blocks at a time, so that the arithmetic of their scales is done in lanes too. The row's scalar comes in with
/// the scales: devices know it last.
template <class Format, bool norm_out>
void finish_nvfp4(const FinishRow& row, std::int64_t count) {
  constexpr std::int64_t group = std::int64_t{lane_count} * lane_count;
  const Floats global = splat(row.scalar * row.quant_scale);
  const Floats sixth = splat(row.quant_scale * (1.0F / 6.0F) * row.scalar);
  for (std::int64_t first = 0; first < count; first += group) {
    const std::int64_t elements = count - first < group ? count - first : group;
    float weighted[group];
    float largest[lane_count] = {};
    normalize<Format, norm_out>(row, first, elements, 1.0F,
                                [&](const Floats& block, std::int64_t i, auto) ARBITER_LANES_LAMBDA {
                                  store(one_nan(block), weighted + i, Whole{});
                                  largest[i / lane_count] = largest_magnitude(block);
                                });
    if (row.scalar == 0.0F) {
      // The squares are beyond fp32, so gamma may have taken elements there that the scalar makes zeros.
      const auto* carried = static_cast<const typename Format::Unit*>(row.carried) + first;
      for_blocks(elements, [&](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
        largest[i / lane_count] = largest_magnitude(load<Format>(carried + i, extent));
      });
    }
    const Words code = to_e4m3(load<Float32>(largest, Whole{}) * sixth);
    std::uint8_t scale[lane_count];
    float factor[lane_count];
    store_bytes(code, scale);
    const Floats reciprocal = splat(1.0F) / from_positive_e4m3(code);
    store(floats_of(select(code < splat(1U), 0U, bits_of(global * reciprocal))), factor, Whole{});
    for_blocks(elements, [&](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
      const std::int64_t local = i / lane_count;
      const std::int64_t block = first / lane_count + local;
      const Floats element = load<Float32>(weighted + i, Whole{});
      const Words sign = (bits_of(element) >> 28) & splat(0x8U);
      store_nibbles((to_e2m1(element * splat(factor[local])) & splat(0x7U)) | sign, row.quant_out + (first + i) / 2, extent);
      row.scale_out[block / 4 * row.scale_group_stride + block % 4] = scale[local];
    });
  }
}

template <class Format>
constexpr RmsNormKernels kernels{begin<Format>,
                                 finish_norm<Format>,
                                 finish_fp8<Format, false>,
                                 finish_fp8<Format, true>,
                                 finish_nvfp4<Format, false>,
                                 finish_nvfp4<Format, true>};

}  // namespace

constinit const IsaRmsNormKernels rms_norm_kernels{kernels<Bfloat16>, kernels<Float16>, kernels<Float32>};

}  // namespace arbiter::ARBITER_ISA
