// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "arbiter/export.hpp"
#include "arbiter/name.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter {

/// The fusion that only rounds and stores the sum, so that the rows of its messages need not stay whole.
inline constexpr std::string_view no_fusion = "NONE";

/// One shape of work. The message of each rank has num_tokens x hidden_size elements, row major: one row per token.
struct Problem {
  int tp_size = 2;  ///< number of ranks
  DType dtype = DType::bfloat16;
  Name fusion = no_fusion;
  std::int64_t hidden_size = 0;
  std::int64_t num_tokens = 0;

  [[nodiscard]] std::int64_t elements() const { return num_tokens * hidden_size; }
  [[nodiscard]] std::int64_t message_bytes() const { return elements() * size_of(dtype); }

  friend bool operator==(const Problem&, const Problem&) = default;
  friend auto operator<=>(const Problem&, const Problem&) = default;
};

/// "tp 2, bfloat16, RESIDUAL_RMS_NORM, 16 tokens x 4096": the form of a problem in messages.
[[nodiscard]] ARBITER_EXPORT std::string to_string(const Problem& problem);

/// The text that stands for the missing reason of a refusal.
inline constexpr std::string_view no_reason_given = "it gave no reason, which its contract asks for";

/// Whether a strategy, a fusion or a backend can do a problem, and if not, why. The reason is shown to people.
struct Support {
  bool ok = true;
  std::string reason;

  static Support yes() { return {}; }
  static Support no(std::string why) { return {false, std::move(why)}; }
  explicit operator bool() const { return ok; }

  /// The same; a refusal without a reason gets no_reason_given. The SDK's public calls return this.
  [[nodiscard]] Support with_reason() && {
    if (!ok && reason.empty()) reason = no_reason_given;
    return std::move(*this);
  }
};

}  // namespace arbiter
