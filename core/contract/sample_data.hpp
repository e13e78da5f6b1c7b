// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// A dataset and what is unusual about it.
struct SampleData {
  std::string name;
  Dataset dataset;
};

/// Two tp sizes, two fusions, a grid of shapes and four strategies with realistic times, one of which is never the
/// best. Some cells failed, one strategy was not measured everywhere, and each cell has an AUTO row that is the
/// fastest.
[[nodiscard]] Dataset sample_dataset(std::uint64_t seed);

/// Datasets that plugins tend to mishandle: no row, one row, only failed rows, one strategy, invalid times, repeated
/// rows, strategies without a published number, a CSV of another tool.
[[nodiscard]] std::vector<SampleData> unusual_datasets();

}  // namespace arbiter
