// SPDX-License-Identifier: Apache-2.0
// The template of a fusion. SCALE_BIAS: out = reduced * scale + bias, where `bias` has one value per column.
//
// Strategies that fuse call begin_row() and finish_row() on each row while it is in cache. Neither side knows the
// other: every strategy gets the fusion without a rebuild. scale_bias.cu is the same for GPUs.
//
// To make it yours: change the name and the summary at the end, the tensors, what begin_row() computes (here and in
// scale_bias.cu; a fusion without device_epilogue() runs on the host only), and do_reference_row(), which results are
// verified against.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "arbiter/fusion.hpp"
#include "arbiter/host/number_formats.hpp"
#include "arbiter/host/row_kernels.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/scale_bias_epilogue.hpp"
#endif

namespace {

using namespace arbiter;

/// Indices into Bindings::tensors, in the order of ScaleBias::do_tensors().
enum : std::size_t { bias, out };

class ScaleBiasEpilogue final : public HostEpilogue {
 public:
  ScaleBiasEpilogue(const Problem& problem, double scale)
      : hidden_size_(problem.hidden_size),
        element_bytes_(size_of(problem.dtype)),
        scale_(static_cast<float>(scale)),
        kernels_(row_kernels(problem.dtype)) {}

  /// The whole arithmetic, done once per row, by the token's owner. Epilogues use no memory but their arguments', so
  /// that threads can share one; the row is processed in pieces that fit the stack.
  float begin_row(const Bindings& bindings, std::int64_t, const float* sum, void* epilogue_state) const override {
    constexpr std::int64_t piece = 256;
    float values[piece];
    for (std::int64_t first = 0; first < hidden_size_; first += piece) {
      const std::int64_t count = std::min(piece, hidden_size_ - first);
      kernels_.load(static_cast<const std::byte*>(bindings.tensors[bias]) + first * element_bytes_, values, count);
      for (std::int64_t i = 0; i < count; ++i) values[i] += sum[first + i] * scale_;
      kernels_.store(values, static_cast<std::byte*>(epilogue_state) + first * element_bytes_, count);
    }
    return 0.0F;  // a norm returns its 1 / rms here
  }

  /// Every rank does this, also for rows that other ranks began. A strategy may have put epilogue_state into the row.
  void finish_row(const Bindings& bindings, std::int64_t row, const void* epilogue_state, float) const override {
    const std::int64_t row_bytes = hidden_size_ * element_bytes_;
    void* const to = static_cast<std::byte*>(bindings.tensors[out]) + row * row_bytes;
    if (to != epilogue_state) std::memcpy(to, epilogue_state, static_cast<std::size_t>(row_bytes));
  }

 private:
  std::int64_t hidden_size_;
  std::int64_t element_bytes_;
  float scale_;
  const RowKernels& kernels_;
};

constexpr ParameterSpec parameters[] = {
    {"scale", ParameterType::real, "0.5", "0.001..1000", "What the reduced message is multiplied by"},
};

class ScaleBias final : public Fusion {
 public:
  explicit ScaleBias(const Parameters& values) : scale_(values.real("scale")) {}

#ifdef ARBITER_HAS_CUDA
  /// scale_bias.cu as arbiter_add_device_code() compiled it for the dtype, and its scalars.
  [[nodiscard]] cuda::DeviceEpilogue device_epilogue(const Problem& problem) const override {
    return {.code = cuda::scale_bias_epilogue_code(problem.dtype),
            .needs_row = false,  // a norm's scalar needs the whole row
            .scalars = {static_cast<float>(scale_)}};
  }
#endif

 protected:
  [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem& problem) const override {
    return {{"bias", TensorRole::input, problem.dtype, problem.hidden_size, -1.0, 1.0},
            {"out", TensorRole::output, problem.dtype, problem.elements()}};
  }

  [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& problem) const override {
    return std::make_unique<ScaleBiasEpilogue>(problem, scale_);
  }

  /// Exact arithmetic, and how far a correct implementation may be from it. Too small a tolerance makes correct
  /// strategies fail; too large a one lets wrong ones pass.
  void do_reference_row(const Problem& problem, const Bindings& host, std::int64_t, std::span<const double> sum,
                        std::span<const double> tolerance, std::vector<ReferenceRow>& outputs) const override {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    constexpr double fp32_largest = grid_of(DType::float32).largest;
    const double fp32 = unit_roundoff(DType::float32);
    const double largest = grid_of(problem.dtype).largest;
    std::vector<double> addend(sum.size());
    load_values(problem.dtype, host.tensors[bias], 0, addend);
    outputs.assign(1, {std::vector<double>(sum.size()), std::vector<double>(sum.size())});
    for (std::size_t i = 0; i < sum.size(); ++i) {
      const double product = sum[i] * scale_;
      const double value = product + addend[i];
      // The error of a correct reduction, then three fp32 roundings: of the scale, the product and the sum.
      double allowed = tolerance[i] * scale_ + (2.0 * std::fabs(product) + std::fabs(value)) * fp32;
      // Where a reduction in the dtype, or the fp32 product, may overflow, every result is right.
      if (std::fabs(sum[i]) + tolerance[i] > largest || std::fabs(product) > fp32_largest) allowed = infinity;
      if (!std::isfinite(sum[i]) || !std::isfinite(addend[i])) allowed = 0.0;
      outputs[0].value[i] = value;
      outputs[0].tolerance[i] = allowed;
    }
  }

 private:
  double scale_;
};

}  // namespace

ARBITER_PLUGIN(ScaleBias, {.kind = arbiter::PluginKind::fusion,
                           .name = "SCALE_BIAS",
                           .version = "1.0",
                           .summary = "Multiplication by a scale, addition of a bias",
                           .parameters = parameters,
                           .parameter_count = std::size(parameters)})
