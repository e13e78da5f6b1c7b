#pragma once

#include <memory>
#include <span>
#include <vector>

#include "arbiter/cuda/device_epilogue.hpp"
#include "arbiter/export.hpp"
#include "arbiter/plugin.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/support.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter {

/// The epilogue of one fusion on the host, for one problem. Two steps, so that a strategy can run them back to back
/// while a row is in cache, or on different ranks: the owner of a token begins its row and sends `carried` and the
/// scalar on; every rank finishes it. Both are const, re-entrant, and use no memory but their arguments'.
class ARBITER_EXPORT HostEpilogue {
 public:
  virtual ~HostEpilogue();

  /// Turns the reduced row (hidden_size fp32 sums) into `carried`, hidden_size elements of the problem's dtype, and
  /// returns the row's scalar (0 if the fusion needs none). Reads input tensors only.
  virtual float begin_row(const Bindings& bindings, std::int64_t row, const float* sum, void* carried) const = 0;

  /// Writes the row of every output tensor. `carried` may be the output row itself.
  virtual void finish_row(const Bindings& bindings, std::int64_t row, const void* carried, float scalar) const = 0;
};

/// One output tensor's part of a row in double precision: what exact arithmetic gives, and how far a correct
/// implementation may be from it before the final rounding to the tensor's dtype.
struct ReferenceRow {
  std::vector<double> value;
  std::vector<double> slack;
};

/// The epilogue applied to each reduced token row. Stateless: one object serves every problem of a dtype.
class ARBITER_EXPORT Fusion : public Plugin {
 public:
  [[nodiscard]] virtual Support supports(const Problem&) const { return Support::yes(); }

  /// Extra inputs, then outputs; the order of Bindings::tensors.
  [[nodiscard]] virtual std::vector<TensorSpec> tensors(const Problem& problem) const = 0;

  [[nodiscard]] virtual std::unique_ptr<HostEpilogue> host_epilogue(const Problem& problem) const = 0;

  /// The epilogue on CUDA devices. The default has none: strategies of that backend then do not support the fusion.
  [[nodiscard]] virtual cuda::DeviceEpilogue device_epilogue(const Problem&) const { return {}; }

  /// The reference for `row`: one entry per output tensor, in order, one value per element of the row.
  /// `sum` is the exact reduced row; `slack` is how far a correct reduction may be from each sum (it depends on
  /// dtype and tp_size). `host` are the tensors in host memory.
  virtual void reference_row(const Problem& problem, const Bindings& host, std::int64_t row,
                             std::span<const double> sum, std::span<const double> slack,
                             std::vector<ReferenceRow>& outputs) const = 0;

  /// Compares the row of every output tensor (in host memory) with the reference: the worst error as a share of the
  /// allowed error, so <= 1 passes; infinity where one side is NaN and the other is not. The default compares
  /// outputs of num_tokens x hidden_size elements with reference_row(), allowing slack and one rounding to the tensor's
  /// dtype; a fusion whose outputs are laid out otherwise (packed, block-scaled) overrides it. Called by several
  /// threads at once, as reference_row() is.
  [[nodiscard]] virtual double check_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                         std::span<const double> sum, std::span<const double> slack) const;
};

}  // namespace arbiter
