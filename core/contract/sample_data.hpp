#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// A dataset and why a plugin should be tried with it.
struct SampleData {
  std::string what;
  Dataset dataset;
};

/// Two tp sizes, two fusions, a grid of shapes and four strategies, one of which is never best, with times as real ones
/// fall; some cells failed, some strategies were not measured everywhere; an AUTO row in each cell is the fastest.
[[nodiscard]] Dataset sample_dataset(std::uint64_t seed);

/// What goes wrong with data: none, one row, only failed rows, one strategy, times that are no numbers, repeated rows,
/// strategies without a published number, a CSV of another tool.
[[nodiscard]] std::vector<SampleData> odd_datasets();

}  // namespace arbiter
