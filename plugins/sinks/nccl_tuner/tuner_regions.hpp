// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/engine_cells.hpp"

namespace arbiter::nccl_tuner {

/// A strategy for the messages from `first_byte` to `last_byte`, both included.
struct Region {
  std::int64_t first_byte = 0;
  std::int64_t last_byte = 0;
  std::string strategy;

  friend bool operator==(const Region&, const Region&) = default;
};

/// The ranges of sizes in which a variant is faster than NCCL's own choice, `own`; elsewhere NCCL chooses. At a
/// measured size that is the path of least mean time relative to the cell's best, if it gains more than 1 % over `own`,
/// less being noise. Of variants within 1 % of that one the previous size's is kept. A region begins at a measured
/// size, or where that of the previous measured size ends, and ends at a measured size. `cells` are of one tp_size. For
/// a reference nothing is noise.
[[nodiscard]] std::vector<Region> fit_regions(const std::vector<EngineCell>& cells, const std::string& own,
                                              FitFor purpose = FitFor::file);

/// The strategy that runs: `own` outside the regions.
[[nodiscard]] const std::string& look_up(const std::vector<Region>& regions, const std::string& own,
                                         std::int64_t bytes);

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
