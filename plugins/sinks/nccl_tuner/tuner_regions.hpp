#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter::nccl_tuner {

/// One strategy for the messages above the region before, up to `last_byte`; the last region has no end.
struct Region {
  std::int64_t last_byte = 0;
  std::string strategy;
};

/// The best strategy of each measured message size, equal neighbours joined: the one with the least total relative time
/// of `strategies`, of equals that of the size before. Regions end at measured sizes. `data` is of one tp size.
[[nodiscard]] std::vector<Region> fit_regions(const Dataset& data, const std::vector<std::string>& strategies);

[[nodiscard]] const std::string& look_up(const std::vector<Region>& regions, std::int64_t bytes);

}  // namespace arbiter::nccl_tuner
