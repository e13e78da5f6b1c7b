// SPDX-License-Identifier: Apache-2.0
#include "lp/monotone_labelling.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <glpk.h>

#include "arbiter/error.hpp"
#include "lp/labelling_cut.hpp"

namespace arbiter {

namespace {

struct DeleteProgram {
  void operator()(glp_prob* program) const { glp_delete_prob(program); }
};
using Program = std::unique_ptr<glp_prob, DeleteProgram>;

constexpr int time_limit_ms = 120'000;
/// Variables. Beyond, the simplex takes seconds to minutes, growing with more than the square.
constexpr std::size_t most_for_glpk = 1500;

/// GLPK counts rows and columns from 1, in int.
int checked_int(std::size_t value) {
  if (value > static_cast<std::size_t>(std::numeric_limits<int>::max() / 4)) {
    throw Error(fmt::format("lp: {} variables are more than GLPK can hold", value));
  }
  return static_cast<int>(value);
}

class LabellingProgram {
 public:
  explicit LabellingProgram(const LabellingProblem& problem)
      : problem_(problem), variables_(problem.labels - 1), program_(glp_create_prob()) {
    glp_set_obj_dir(program_.get(), GLP_MIN);
    glp_add_cols(program_.get(), checked_int(problem.nodes * variables_));
    for (std::size_t node = 0; node < problem.nodes; ++node) {
      for (std::size_t k = 1; k < problem.labels; ++k) {
        glp_set_col_bnds(program_.get(), column(node, k), GLP_DB, 0.0, 1.0);
        glp_set_obj_coef(program_.get(), column(node, k), problem.cost_of(node, k) - problem.cost_of(node, k - 1));
      }
    }
    add_constraints();
  }

  std::string run() {
    glp_term_out(GLP_OFF);
    glp_smcp parameters;
    glp_init_smcp(&parameters);
    parameters.msg_lev = GLP_MSG_OFF;
    parameters.meth = GLP_DUALP;
    parameters.tm_lim = time_limit_ms;
    const int code = glp_simplex(program_.get(), &parameters);
    if (code == GLP_ETMLIM) throw Error(fmt::format("lp: no optimum within {} s", time_limit_ms / 1000));
    if (code != 0) throw Error(fmt::format("lp: GLPK stopped with code {}", code));
    const int status = glp_get_status(program_.get());
    if (status != GLP_OPT) throw Error(fmt::format("lp: GLPK found no optimum, status {}", status));
    return "optimal";
  }

  /// The optimum less the cost of giving each node the first label.
  [[nodiscard]] double objective() const { return glp_get_obj_val(program_.get()); }

  [[nodiscard]] std::size_t label(std::size_t node) const {
    std::size_t label = 0;
    for (std::size_t k = 1; k < problem_.labels; ++k) {
      const double y = glp_get_col_prim(program_.get(), column(node, k));
      if (std::abs(y - std::round(y)) > 1e-6) {
        throw Error(fmt::format("lp: the optimum is not integral, y[{},{}] = {}", node, k, y));
      }
      if (y > 0.5) label = k;
    }
    return label;
  }

 private:
  [[nodiscard]] int column(std::size_t node, std::size_t k) const { return static_cast<int>(node * variables_ + k); }

  /// The constraint `more` + slack >= `less`, of columns; slack 0: none.
  void at_least(int row, int more, int less, int slack = 0) {
    const int columns[] = {0, more, less, slack};
    const double factors[] = {0.0, 1.0, -1.0, 1.0};
    glp_set_row_bnds(program_.get(), row, GLP_LO, 0.0, 0.0);
    glp_set_mat_row(program_.get(), row, slack == 0 ? 2 : 3, columns, factors);
  }

  /// Adds a slack for each constraint along an edge. Returns the first column; 0: no slacks.
  int add_slacks() {
    if (std::isinf(problem_.violation_penalty)) return 0;
    const int count = checked_int(problem_.edges.size() * variables_);
    if (count == 0) return 0;
    const int first = glp_add_cols(program_.get(), count);
    for (int column = first; column < first + count; ++column) {
      glp_set_col_bnds(program_.get(), column, GLP_LO, 0.0, 0.0);
      glp_set_obj_coef(program_.get(), column, problem_.violation_penalty);
    }
    return first;
  }

  void add_constraints() {
    const std::size_t rows = problem_.nodes * (variables_ - 1) + problem_.edges.size() * variables_;
    if (rows == 0) return;
    glp_add_rows(program_.get(), checked_int(rows));
    int slack = add_slacks();
    int row = 1;
    for (std::size_t node = 0; node < problem_.nodes; ++node) {
      for (std::size_t k = 2; k < problem_.labels; ++k) at_least(row++, column(node, k - 1), column(node, k));
    }
    for (const auto& [before, after] : problem_.edges) {
      for (std::size_t k = 1; k < problem_.labels; ++k) {
        at_least(row++, column(after, k), column(before, k), slack);
        if (slack != 0) ++slack;
      }
    }
  }

  const LabellingProblem& problem_;
  std::size_t variables_;  ///< per node
  Program program_;
};

double violation_cost(const LabellingProblem& problem, const std::vector<std::size_t>& labels) {
  double cost = 0.0;
  for (const auto& [before, after] : problem.edges) {
    if (labels[before] > labels[after]) {
      cost += problem.violation_penalty * static_cast<double>(labels[before] - labels[after]);
    }
  }
  return cost;
}

}  // namespace

Labelling solve(const LabellingProblem& problem) {
  Labelling result{std::vector<std::size_t>(problem.nodes, 0), 0.0, "trivial"};
  double optimum = 0.0;
  for (std::size_t node = 0; node < problem.nodes; ++node) optimum += problem.cost_of(node, 0);
  if (problem.labels > 1 && problem.nodes * (problem.labels - 1) > most_for_glpk) {
    const bool chains = is_chains(problem);
    LabellingCut cut = chains ? cut_of_chains(problem) : cut_of_network(problem);
    result.labels = std::move(cut.labels);
    result.status = chains ? "optimal, by dynamic programming" : "optimal, by maximum flow";
    optimum = cut.optimum;
  } else if (problem.nodes > 0 && problem.labels > 1) {
    LabellingProgram program(problem);
    result.status = program.run();
    for (std::size_t node = 0; node < problem.nodes; ++node) result.labels[node] = program.label(node);
    optimum += program.objective();
  }
  for (std::size_t node = 0; node < problem.nodes; ++node) {
    result.objective += problem.cost_of(node, result.labels[node]);
  }
  const double found = result.objective + violation_cost(problem, result.labels);
  if (std::abs(found - optimum) > 1e-6 * (1.0 + std::abs(optimum))) {
    throw Error(fmt::format("lp: the labels cost {}, but the optimum is {}", found, optimum));
  }
  return result;
}

}  // namespace arbiter
