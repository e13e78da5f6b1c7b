#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "arbiter/dtype.hpp"

namespace arbiter {

enum class TensorRole : std::uint8_t { input, output };

/// A tensor a fusion needs besides the reduced rows, or makes. It is the same on every rank.
struct TensorSpec {
  std::string name;  ///< "residual", "norm_out"
  TensorRole role = TensorRole::input;
  DType dtype = DType::bfloat16;
  std::int64_t units = 0;  ///< stored units of `dtype`
  double fill_low = -1.0;  ///< inputs: test data are drawn uniformly from [fill_low, fill_high]
  double fill_high = 1.0;

  [[nodiscard]] std::int64_t bytes() const { return units * size_of(dtype); }
};

/// The memory one operation works on. `tensors` follow the order of Fusion::tensors(). All pointers are of the
/// backend the strategy runs on, aligned to the element.
struct Bindings {
  const void* input = nullptr;  ///< this rank's message
  std::span<void* const> tensors;
};

}  // namespace arbiter
