// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lp/monotone_labelling.hpp"

namespace arbiter {

/// An optimal labelling and its cost with penalties, without a linear program: for problems that GLPK would solve for
/// minutes. Edges that only lead from a node to the next one make chains, which dynamic programming solves; else the
/// dual of the program is a maximum flow, and a least cut of its network gives y (see solve()).
struct LabellingCut {
  std::vector<std::size_t> labels;
  double optimum = 0.0;
};

[[nodiscard]] LabellingCut cut_of_chains(const LabellingProblem& problem);
[[nodiscard]] LabellingCut cut_of_network(const LabellingProblem& problem);

/// Whether cut_of_chains() can solve it: labels must not decrease, and every edge leads to the next node.
[[nodiscard]] bool is_chains(const LabellingProblem& problem);

}  // namespace arbiter
