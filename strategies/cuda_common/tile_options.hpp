#pragma once

#include <string>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/parameters.hpp"
#include "cuda_common/tile_plan.hpp"

namespace arbiter::cuda {

/// The parameters of a strategy whose kernels work on tiles.
inline constexpr ParameterSpec tile_parameters[] = {
    {"programmatic", ParameterType::boolean, "true", "",
     "Programmatic dependent launch: the kernel is set up while the one in front ends (sm_90 and later)"},
    {"target_blocks", ParameterType::integer, "128", "1..1024",
     "Blocks a small message is target_blocks over, where rows may be cut"},
    {"flat_block", ParameterType::integer, "512", "32|64|128|256|512", "The most threads of such a block"},
    {"exclusive_sm", ParameterType::text, "auto", "auto|yes|no", "Whether each block has a multiprocessor for itself"},
    {"blocks_per_row", ParameterType::text, "auto", "auto|1|2|4",
     "Blocks that share a row which must not be cut, at most (sm_90 and later)"},
};

/// What they say.
class TileOptions {
 public:
  explicit TileOptions(const Parameters& values)
      : programmatic_(values.boolean("programmatic")),
        target_blocks_(static_cast<int>(values.integer("target_blocks"))),
        flat_block_(static_cast<int>(values.integer("flat_block"))),
        exclusive_sm_(values.text("exclusive_sm")),
        blocks_per_row_(values.text("blocks_per_row")) {}

  [[nodiscard]] TilePlan plan(const Problem& problem, const Fusion& fusion, const CudaBackend& backend) const {
    const bool needs_row = fusion.device_epilogue(problem).needs_row;
    TilePlan plan = plan_tiles(problem, needs_row, target_blocks_, flat_block_, blocks(problem, backend));
    plan.exclusive_sm =
        exclusive_sm_ == "auto" ? plan.prefers_exclusive_sm(backend.multiprocessors()) : exclusive_sm_ == "yes";
    plan.programmatic = programmatic_ && backend.sm_version() >= 90;
    return plan;
  }

 private:
  [[nodiscard]] int blocks(const Problem& problem, const CudaBackend& backend) const {
    if (backend.sm_version() < 90) return 1;
    if (blocks_per_row_ != "auto") return std::stoi(blocks_per_row_);
    return blocks_for_row(problem.tp_size, vectors_in_row(problem), problem.num_tokens, backend.multiprocessors());
  }

  bool programmatic_;
  int target_blocks_;
  int flat_block_;
  std::string exclusive_sm_;
  std::string blocks_per_row_;
};

}  // namespace arbiter::cuda
