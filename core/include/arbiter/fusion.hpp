// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "arbiter/cuda/device_code.hpp"
#include "arbiter/export.hpp"
#include "arbiter/plugin.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter {

struct ValueGrid;  // host/number_formats.hpp

/// The epilogue of one fusion on the host, for one problem. It has two steps: a strategy runs them back to back while a
/// row is in cache, or on different ranks. Then the owner of a token begins its row and sends `epilogue_state` and the
/// scalar, and every rank finishes the row. Both steps are const and thread-safe, and use no memory but their
/// arguments'.
class ARBITER_EXPORT HostEpilogue {
 public:
  virtual ~HostEpilogue();

  /// Turns the reduced row `sum` (hidden_size fp32 values) into `epilogue_state` (hidden_size elements of the problem's
  /// dtype) and returns the row's scalar, 0 if the fusion needs none (a norm returns 1 / rms). Reads input tensors
  /// only. finish_row() sees what begin_row() wrote, which is rounded to the dtype, and not the fp32 values: where
  /// outputs depend on that rounding, the reference's tolerance allows for it.
  virtual float begin_row(const Bindings& bindings, std::int64_t row, const float* sum, void* epilogue_state) const = 0;

  /// Writes the row of every output tensor. `epilogue_state` may be the output row itself.
  virtual void finish_row(const Bindings& bindings, std::int64_t row, const void* epilogue_state,
                          float scalar) const = 0;
};

/// One row of one output tensor in double precision, one value per element of the row: the result of exact arithmetic,
/// and how far a correct implementation may be from it before the final rounding to the tensor's dtype. With a
/// tolerance of infinity every number is right, but NaN is not unless the value is NaN: a fusion that may give NaN
/// where the exact result is a number, and the reverse, overrides do_check_row().
struct ReferenceRow {
  std::vector<double> value;
  std::vector<double> tolerance;
};

/// What happens to each reduced token row: the epilogue. Stateless and thread-safe: one object serves every problem of
/// the fusion.
class ARBITER_EXPORT Fusion : public Plugin {
 public:
  /// Whether the fusion can do the problem, and if not, why. The same on every rank.
  [[nodiscard]] Support supports(const Problem& problem) const;

  /// The tensors, in the order of Bindings::tensors: first the inputs besides the message, then the outputs. Throws
  /// PluginError for a tensor without a name or of a negative size.
  [[nodiscard]] std::vector<TensorSpec> tensors(const Problem& problem) const;

  /// The epilogue on the host. Throws PluginError if do_host_epilogue() returns null.
  [[nodiscard]] std::unique_ptr<HostEpilogue> host_epilogue(const Problem& problem) const;

  /// The epilogue on CUDA devices, as code that is linked into every strategy's kernel; see arbiter/cuda/. By default
  /// there is none, and the fusion runs on the host only.
  [[nodiscard]] virtual cuda::DeviceEpilogue device_epilogue(const Problem&) const { return {}; }

  /// The reference for `row`, one entry per output tensor. `sum` is the exact reduced row, and `tolerance` how far a
  /// correct reduction may be from each sum: it covers strategies that round partial sums to the dtype at each rank
  /// (rings, trees), so the reference adds the epilogue's own errors only. Both have hidden_size values. `host` has the
  /// tensors in host memory.
  /// Throws PluginError if an entry has different numbers of values and tolerances.
  void reference_row(const Problem& problem, const Bindings& host, std::int64_t row, std::span<const double> sum,
                     std::span<const double> tolerance, std::vector<ReferenceRow>& outputs) const;

  /// Compares the row of every output tensor (in host memory) with the reference. Returns the largest error as a share
  /// of the allowed error, so up to 1 passes; infinity if only one side is NaN, or if the hook returns NaN.
  [[nodiscard]] double check_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                 std::span<const double> sum, std::span<const double> tolerance) const;

 protected:
  /// Implement the public calls of the same name. Const and thread-safe, as those are.
  [[nodiscard]] virtual Support do_supports(const Problem&) const { return Support::yes(); }
  [[nodiscard]] virtual std::vector<TensorSpec> do_tensors(const Problem& problem) const = 0;
  /// Never null.
  [[nodiscard]] virtual std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& problem) const = 0;
  /// Assigns `outputs`. Too small a tolerance makes correct strategies fail, too large a one lets wrong ones pass.
  virtual void do_reference_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                std::span<const double> sum, std::span<const double> tolerance,
                                std::vector<ReferenceRow>& outputs) const = 0;

  /// By default compares outputs of num_tokens x hidden_size elements with reference_row(), and allows the tolerance
  /// plus one rounding to the tensor's dtype. A fusion whose outputs have another layout (packed, block-scaled)
  /// overrides it.
  [[nodiscard]] virtual double do_check_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                            std::span<const double> sum, std::span<const double> tolerance) const;
};

/// For references: converts elements `first`, `first` + 1, ... of a tensor in host memory to double, exactly, into all
/// of `values`. Thread-safe. Throws Error for float4_e2m1x2, whose elements are packed.
ARBITER_EXPORT void load_values(DType dtype, const void* tensor, std::int64_t first, std::span<double> values);

/// For do_check_row(): compares elements `first`, `first` + 1, ... of a tensor in host memory with a reference, which
/// may be off by `tolerance` before it is rounded to `dtype`. Returns the largest error as a share of the allowed error
/// (see error_share()). Thread-safe.
[[nodiscard]] ARBITER_EXPORT double check_values(DType dtype, const void* tensor, std::int64_t first,
                                                 std::span<const double> value, std::span<const double> tolerance);
/// Likewise of values that are loaded already; `grid` is that of their format. All three have the same length.
[[nodiscard]] ARBITER_EXPORT double check_values(const ValueGrid& grid, std::span<const double> actual,
                                                 std::span<const double> value, std::span<const double> tolerance);

}  // namespace arbiter
