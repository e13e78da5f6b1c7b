// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "arbiter/fusion.hpp"
#include "arbiter/process_group.hpp"
#include "measure/problem_tensors.hpp"

namespace arbiter {

/// The outcome of one run of an operation on poisoned outputs.
struct Verification {
  double error = 0.0;  ///< worst error as a share of the allowed error; <= 1 passes
  std::string reason;  ///< empty if it passed, on every rank
  bool threw = false;  ///< the operation did not finish: the ranks of its strategy may be out of step

  [[nodiscard]] bool passed() const { return reason.empty(); }
};

/// Collective; every rank gets the same answer. Runs `operation` once on poisoned outputs and judges the result.
[[nodiscard]] Verification verify(Operation& operation, const Problem& problem, const Fusion& fusion,
                                  ProblemTensors& tensors, Backend& backend, ProcessGroup& group);

/// Collective; every rank gets the same answer. Checks that all ranks hold the same bits in their outputs, that no
/// guard was overwritten, and that every row is within tolerance of the double-precision reference (each rank checks
/// its share of the rows).
[[nodiscard]] Verification judge(const Problem& problem, const Fusion& fusion, const ProblemTensors& tensors,
                                 ProcessGroup& group);

}  // namespace arbiter
