#pragma once

#include <string>

#include "arbiter/fusion.hpp"
#include "arbiter/process_group.hpp"
#include "measure/problem_tensors.hpp"

namespace arbiter {

/// What came of running an operation once on poisoned outputs.
struct Verification {
  double error = 0.0;  ///< worst error as a share of the allowed error; <= 1 passes
  std::string reason;  ///< empty if it passed, on every rank
  bool threw = false;  ///< the operation did not finish: its strategy's ranks may be out of step

  [[nodiscard]] bool passed() const { return reason.empty(); }
};

/// Collective; every rank gets the same answer. Runs `operation` once on poisoned outputs and judges what it left.
[[nodiscard]] Verification verify(Operation& operation, const Problem& problem, const Fusion& fusion,
                                  ProblemTensors& tensors, Backend& backend, ProcessGroup& group);

/// Collective; every rank gets the same answer. Whether all ranks hold the same bits in their outputs, nothing behind
/// an output was written, and every row is as near to the double-precision reference as it must be (each rank takes its
/// share of the rows).
[[nodiscard]] Verification judge(const Problem& problem, const Fusion& fusion, const ProblemTensors& tensors,
                                 ProcessGroup& group);

}  // namespace arbiter
