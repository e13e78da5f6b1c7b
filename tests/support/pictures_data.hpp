// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "arbiter/dataset.hpp"

namespace arbiter::test {

inline Dataset picture_dataset(std::string platform = "sm90") {
  return Dataset(Machine{.platform = std::move(platform), .facts = {}});
}

/// A row of bfloat16, tp 4, fusion NONE; an empty time makes a failed one.
inline Measurement picture_row(const std::string& strategy, std::int64_t hidden_size, std::int64_t num_tokens,
                               double time_us, double lower_bound_us = Measurement::none) {
  Measurement row;
  row.problem = {.tp_size = 4, .fusion = "NONE", .hidden_size = hidden_size, .num_tokens = num_tokens};
  row.strategy = strategy;
  row.time_us = time_us;
  row.lower_bound_us = lower_bound_us;
  return row;
}

inline Measurement failed_picture_row(const std::string& strategy, std::int64_t hidden_size, std::int64_t num_tokens) {
  Measurement row = picture_row(strategy, hidden_size, num_tokens, Measurement::none);
  row.failed = true;
  return row;
}

/// Two strategies at hidden sizes 1024 and 4096, 1 and 8 tokens: ONESHOT is the faster one for 1 token.
inline Dataset small_picture_dataset() {
  Dataset dataset = picture_dataset();
  dataset.add(picture_row("NCCL", 1024, 1, 20.0));
  dataset.add(picture_row("NCCL", 1024, 8, 21.0));
  dataset.add(picture_row("NCCL", 4096, 1, 22.0));
  dataset.add(picture_row("NCCL", 4096, 8, 23.0));
  dataset.add(picture_row("ONESHOT", 1024, 1, 10.0));
  dataset.add(picture_row("ONESHOT", 1024, 8, 42.0));
  dataset.add(picture_row("ONESHOT", 4096, 1, 11.0));
  dataset.add(picture_row("ONESHOT", 4096, 8, 1610.0));
  return dataset;
}

}  // namespace arbiter::test
