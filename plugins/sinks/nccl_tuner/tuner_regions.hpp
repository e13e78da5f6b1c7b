// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter::nccl_tuner {

/// A strategy for messages above the previous region, up to and including `last_byte`; the last region is endless.
struct Region {
  std::int64_t last_byte = 0;
  std::string strategy;
};

/// Regions of the best strategy of each measured message size: the one of `strategies` with the least total relative
/// time, of equals that of the previous size. Regions end at measured sizes. `data` is of one tp_size.
[[nodiscard]] std::vector<Region> fit_regions(const Dataset& data, const std::vector<std::string>& strategies);

[[nodiscard]] const std::string& look_up(const std::vector<Region>& regions, std::int64_t bytes);

/// What a line of the tuner's file can select, in the file's notation.
struct Variant {
  std::string algorithm;  ///< "ring", "nvls_tree"
  std::string protocol;   ///< "ll128"
  int channels = 0;       ///< 1..64

  friend bool operator==(const Variant&, const Variant&) = default;
};

/// The variant that a strategy's name in the run gives, as measurements have no other trace of it:
/// NCCL_<ALGORITHM>_<PROTOCOL>_<channels>CH, as NCCL_RING_LL128_8CH. Nothing for any other name.
[[nodiscard]] std::optional<Variant> variant_of(const std::string& strategy);

}  // namespace arbiter::nccl_tuner
