#include "sweep/prepare_operation.hpp"

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter {

std::unique_ptr<Operation> prepare_operation(Strategy& strategy, const Preparation& preparation, const Fusion* none) {
  const auto& problem = preparation.problem;
  if (const auto support = strategy.supports(problem, preparation.group); !support) {
    throw Error(fmt::format("it does not support {}: {}", to_string(problem), support.reason));
  }
  const bool own_pass = !strategy.fuses() && problem.fusion != no_fusion;
  if (own_pass && none == nullptr) throw Error("it does not fuse, and there is no fusion plugin NONE");
  Preparation reduction{problem,
                        preparation.group,
                        preparation.backend,
                        own_pass ? *none : preparation.fusion,
                        preparation.timeout,
                        preparation.prepare_other,
                        preparation.select};
  if (own_pass) reduction.problem.fusion = no_fusion;
  auto operation = strategy.prepare(reduction);
  if (!own_pass) return operation;
  return preparation.backend.with_epilogue_pass(std::move(operation), preparation.fusion, problem);
}

}  // namespace arbiter
