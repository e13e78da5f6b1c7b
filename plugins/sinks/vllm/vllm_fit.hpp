// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/engine_cells.hpp"
#include "vllm/vllm_rules.hpp"

namespace arbiter::vllm {

/// What the sizes of a tp size may be, in bytes.
struct Bounds {
  std::int64_t least_one_shot = 0;      ///< below it two shots would be asked for with no more tokens than ranks
  std::int64_t least_flashinfer = 0;    ///< a token of the widest model: FlashInfer needs room for one
  std::int64_t largest_flashinfer = 0;  ///< what its workspace has room for
};

/// What was found for a tp size.
struct Found {
  Sizes sizes;           ///< all that vLLM has once the file is pasted
  Sizes written;         ///< those of them that the data say something of
  bool kept = false;     ///< they are vLLM's own: the best others gain too little
  double passed_up = 0;  ///< what these gain in the mean, where vLLM's own are kept; a share
  Comparison comparison;
};

/// The sizes with the least mean regret over the cells of one tp size, fused and not, on such a host. Sizes that have
/// no effect there, and those of paths without times, stay vLLM's own and are not written.
[[nodiscard]] Found fit_sizes(const std::vector<EngineCell>& cells, const Host& host, int tp_size, const Bounds& bounds,
                              FitFor purpose = FitFor::file);

/// held_out_text() of what was found, on cells that it was not fitted on.
[[nodiscard]] std::optional<std::string> judge_sizes(const std::vector<EngineCell>& held_out, const Host& host,
                                                     int tp_size, const Bounds& bounds, const Found& found);

/// fit_sizes() for the range in which NCCL's symmetric memory yields, with `sizes` for the other paths. The cells are
/// those without fusion.
[[nodiscard]] Found fit_range(const std::vector<EngineCell>& cells, const Host& host, const Sizes& sizes);

}  // namespace arbiter::vllm
