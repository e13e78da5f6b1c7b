#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "arbiter/dtype.hpp"
#include "arbiter/export.hpp"

namespace arbiter {

/// One shape of work. The message of each rank is num_tokens x hidden_size elements, row major.
struct Problem {
  int tp_size = 2;
  DType dtype = DType::bfloat16;
  std::string fusion = "NONE";
  std::int64_t hidden_size = 0;
  std::int64_t num_tokens = 0;

  [[nodiscard]] std::int64_t elements() const { return num_tokens * hidden_size; }
  [[nodiscard]] std::int64_t message_bytes() const { return elements() * size_of(dtype); }

  friend bool operator==(const Problem&, const Problem&) = default;
  friend auto operator<=>(const Problem&, const Problem&) = default;
};

/// "tp 2, bfloat16, RESIDUAL_RMS_NORM, 16 tokens x 4096": how messages name a problem.
[[nodiscard]] ARBITER_EXPORT std::string to_string(const Problem& problem);

}  // namespace arbiter
