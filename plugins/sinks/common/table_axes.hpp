#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// What the four indices of a table stand for.
struct TableAxes {
  std::vector<std::int64_t> tp_sizes;
  std::vector<std::string> fusions;
  std::vector<std::int64_t> hidden_sizes;
  std::vector<std::int64_t> num_tokens;
};

/// The axes engines index by: TP 2, 4, 8; four fusions; hidden 128..8192 and tokens 1..16384 in powers of two.
[[nodiscard]] TableAxes seed_axes();

/// Everything the data have, ascending; fusions in order of first appearance.
[[nodiscard]] TableAxes data_axes(const Dataset& dataset);

}  // namespace arbiter
