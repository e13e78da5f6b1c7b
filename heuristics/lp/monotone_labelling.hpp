#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace arbiter {

/// Nodes that each take one of `labels` labels at a cost, such that labels do not fall along an edge.
struct LabellingProblem {
  std::size_t nodes = 0;
  std::size_t labels = 0;
  std::vector<double> cost;                                ///< [node][label], finite
  std::vector<std::pair<std::size_t, std::size_t>> edges;  ///< label(first) <= label(second)
  /// What each label costs by which it falls along an edge all the same; by default it must not.
  double price_of_falling = std::numeric_limits<double>::infinity();

  [[nodiscard]] double cost_of(std::size_t node, std::size_t label) const { return cost[node * labels + label]; }
};

struct Labelling {
  std::vector<std::size_t> labels;
  double objective = 0.0;  ///< the sum of the costs of `labels`, what falls not counted
  std::string status;      ///< the solver's: "optimal"; "trivial" if there was nothing to solve
};

/// The labelling of least total cost, as a linear program: y[n,k] in [0,1] says that node n has label k or a later one,
/// y[n,k] >= y[n,k+1], y does not fall along edges (or by s >= 0, which has its price); minimise the sum of
/// (cost[n,k] - cost[n,k-1]) y[n,k]. Each row of the matrix is a difference of two variables and at most one s of its
/// own, so that the optimum simplex finds is whole. Throws Error if the solver does not find an optimum or it is not
/// whole.
[[nodiscard]] Labelling solve(const LabellingProblem& problem);

}  // namespace arbiter
