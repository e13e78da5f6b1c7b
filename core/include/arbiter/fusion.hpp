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

/// The epilogue of one fusion on the host, for one problem. Two steps, so that a strategy can run them back to back
/// while a row is in cache, or on different ranks: the owner of a token begins its row and sends `epilogue_state` and
/// the scalar on; every rank finishes it. Both are const, re-entrant, and use no memory but their arguments'.
class ARBITER_EXPORT HostEpilogue {
 public:
  virtual ~HostEpilogue();

  /// Turns the reduced row (hidden_size fp32 sums) into `epilogue_state`, hidden_size elements of the problem's dtype,
  /// and returns the row's scalar (0 if the fusion needs none). Reads input tensors only.
  virtual float begin_row(const Bindings& bindings, std::int64_t row, const float* sum, void* epilogue_state) const = 0;

  /// Writes the row of every output tensor. `epilogue_state` may be the output row itself.
  virtual void finish_row(const Bindings& bindings, std::int64_t row, const void* epilogue_state,
                          float scalar) const = 0;
};

/// One output tensor's part of a row in double precision: what exact arithmetic gives, and how far a correct
/// implementation may be from it before the final rounding to the tensor's dtype.
struct ReferenceRow {
  std::vector<double> value;
  std::vector<double> tolerance;
};

/// The epilogue applied to each reduced token row. Stateless: one object serves every problem of a dtype.
class ARBITER_EXPORT Fusion : public Plugin {
 public:
  /// Whether the fusion can do the problem, and why not. The same on every rank; thread-safe.
  [[nodiscard]] Support supports(const Problem& problem) const;

  /// Extra inputs, then outputs; the order of Bindings::tensors. Throws PluginError for a tensor without a name or of a
  /// negative size.
  [[nodiscard]] std::vector<TensorSpec> tensors(const Problem& problem) const;

  /// The epilogue on the host. Throws PluginError if do_host_epilogue() returns null.
  [[nodiscard]] std::unique_ptr<HostEpilogue> host_epilogue(const Problem& problem) const;

  /// The epilogue on CUDA devices. The default has none: strategies of that backend then do not support the fusion.
  [[nodiscard]] virtual cuda::DeviceEpilogue device_epilogue(const Problem&) const { return {}; }

  /// The reference for `row`: one entry per output tensor, in order, one value per element of the row.
  /// `sum` is the exact reduced row; `tolerance` is how far a correct reduction may be from each sum (it depends on
  /// dtype and tp_size). `host` are the tensors in host memory. Thread-safe. Throws PluginError if values and
  /// tolerances are not as many.
  void reference_row(const Problem& problem, const Bindings& host, std::int64_t row, std::span<const double> sum,
                     std::span<const double> tolerance, std::vector<ReferenceRow>& outputs) const;

  /// How far the row of every output tensor (in host memory) is from the reference: the worst error as a share of the
  /// allowed error, so <= 1 passes; infinity where one side is NaN and the other is not, or the fusion answers with
  /// NaN. Thread-safe.
  [[nodiscard]] double check_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                 std::span<const double> sum, std::span<const double> tolerance) const;

 protected:
  /// The answers to the public calls above. All are thread-safe.
  [[nodiscard]] virtual Support do_supports(const Problem&) const { return Support::yes(); }
  [[nodiscard]] virtual std::vector<TensorSpec> do_tensors(const Problem& problem) const = 0;
  [[nodiscard]] virtual std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& problem) const = 0;
  virtual void do_reference_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                std::span<const double> sum, std::span<const double> tolerance,
                                std::vector<ReferenceRow>& outputs) const = 0;

  /// Compares outputs of num_tokens x hidden_size elements with reference_row(), allowing tolerance and one rounding to
  /// the tensor's dtype; a fusion whose outputs are laid out otherwise (packed, block-scaled) overrides it.
  [[nodiscard]] virtual double do_check_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                            std::span<const double> sum, std::span<const double> tolerance) const;
};

/// Element `first` + i of a tensor in host memory becomes values[i], exactly. Any dtype but the packed float4_e2m1x2,
/// for which it throws Error.
ARBITER_EXPORT void load_values(DType dtype, const void* tensor, std::int64_t first, std::span<double> values);

/// Compares elements `first`... of a tensor in host memory with a reference: the worst error as a share of the allowed
/// error (see error_share()), where `tolerance` is allowed before the rounding to `dtype`. For Fusion::check_row().
[[nodiscard]] ARBITER_EXPORT double check_values(DType dtype, const void* tensor, std::int64_t first,
                                                 std::span<const double> value, std::span<const double> tolerance);

}  // namespace arbiter
