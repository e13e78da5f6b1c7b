#pragma once

#include <string>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/cuda/strip_plan.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/parameters.hpp"

namespace arbiter::cuda {

/// The parameters of a strategy whose kernels work on strips.
inline constexpr ParameterSpec strip_parameters[] = {
    {"programmatic", ParameterType::boolean, "true", "",
     "Programmatic dependent launch: the kernel is set up while the one in front ends (sm_90 and later)"},
    {"spread", ParameterType::integer, "128", "1..1024",
     "Blocks a small message is spread over, where rows may be cut"},
    {"flat_block", ParameterType::integer, "512", "32|64|128|256|512", "The most threads of such a block"},
    {"alone", ParameterType::text, "auto", "auto|yes|no", "Whether each block has a multiprocessor for itself"},
    {"blocks_per_row", ParameterType::text, "auto", "auto|1|2|4",
     "Blocks that share a row which must not be cut, at most (sm_90 and later)"},
};

/// What they say.
class StripOptions {
 public:
  explicit StripOptions(const Parameters& values)
      : programmatic_(values.boolean("programmatic")),
        spread_(static_cast<int>(values.integer("spread"))),
        flat_block_(static_cast<int>(values.integer("flat_block"))),
        alone_(values.text("alone")),
        blocks_per_row_(values.text("blocks_per_row")) {}

  [[nodiscard]] StripPlan plan(const Problem& problem, const Fusion& fusion, const CudaBackend& backend) const {
    const bool needs_row = fusion.device_epilogue(problem).needs_row;
    StripPlan plan = plan_strips(problem, needs_row, spread_, flat_block_, blocks(problem, backend));
    plan.alone = alone_ == "auto" ? plan.runs_better_alone(backend.multiprocessors()) : alone_ == "yes";
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
  int spread_;
  int flat_block_;
  std::string alone_;
  std::string blocks_per_row_;
};

}  // namespace arbiter::cuda
