#pragma once

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
};

/// What they say.
struct StripOptions {
  bool programmatic;
  int spread;
  int flat_block;

  explicit StripOptions(const Parameters& values)
      : programmatic(values.boolean("programmatic")),
        spread(static_cast<int>(values.integer("spread"))),
        flat_block(static_cast<int>(values.integer("flat_block"))) {}

  [[nodiscard]] StripPlan plan(const Problem& problem, const Fusion& fusion) const {
    return plan_strips(problem, fusion.device_epilogue(problem).needs_row, spread, flat_block);
  }
};

}  // namespace arbiter::cuda
