// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace arbiter {

/// A graph whose nodes each take one of `labels` ordered labels at a cost, such that labels do not decrease along edges
/// (an isotonic labelling).
struct LabellingProblem {
  std::size_t nodes = 0;
  std::size_t labels = 0;
  std::vector<double> cost;                                ///< [node][label], finite
  std::vector<std::pair<std::size_t, std::size_t>> edges;  ///< label(first) <= label(second)
  /// Cost of each step by which labels decrease along an edge. Infinite: they must not.
  double violation_penalty = std::numeric_limits<double>::infinity();

  [[nodiscard]] double cost_of(std::size_t node, std::size_t label) const { return cost[node * labels + label]; }
};

struct Labelling {
  std::vector<std::size_t> labels;
  double objective = 0.0;  ///< sum of the costs of `labels`, without penalties
  std::string status;      ///< "optimal", and how if not by GLPK; "trivial" if there was nothing to solve
};

/// The labelling of least total cost, by linear programming. Variables y[n,k] in [0,1] say that node n has label k or a
/// later one. Minimise the sum of (cost[n,k] - cost[n,k-1]) y[n,k] such that y[n,k] >= y[n,k+1] and, along an edge from
/// m to n, y[n,k] >= y[m,k] - s with a slack s >= 0 at the violation penalty (none if it is infinite). Each row is a
/// difference of two variables plus at most one slack, so the matrix is totally unimodular and the simplex optimum is
/// integral. Throws Error if GLPK finds no optimum or it is not integral. Problems of more than some thousand variables
/// are solved to the same optimum without a program (labelling_cut.hpp).
[[nodiscard]] Labelling solve(const LabellingProblem& problem);

}  // namespace arbiter
