// SPDX-License-Identifier: Apache-2.0
#include "cost_model/least_deviations.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include <fmt/format.h>
#include <glpk.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

struct DeleteProgram {
  void operator()(glp_prob* program) const { glp_delete_prob(program); }
};

constexpr std::size_t factors = 3;
using Factors = std::array<double, factors>;

/// The factors (1, bytes, tokens) over the time, divided by `scale` such that each is at most 1.
std::vector<Factors> scaled_factors(const std::vector<TimePoint>& points, Factors& scale) {
  std::vector<Factors> result;
  scale.fill(0.0);
  for (const TimePoint& point : points) {
    result.push_back({1.0 / point.time_us, static_cast<double>(point.bytes) / point.time_us,
                      static_cast<double>(point.tokens) / point.time_us});
    for (std::size_t j = 0; j < factors; ++j) scale[j] = std::max(scale[j], result.back()[j]);
  }
  for (std::size_t j = 0; j < factors; ++j) {
    if (!(scale[j] > 0.0)) scale[j] = 1.0;
    for (Factors& row : result) row[j] /= scale[j];
  }
  return result;
}

}  // namespace

DeviationFit least_deviations(const std::vector<TimePoint>& points) {
  if (points.empty()) throw Error("cost_model: no time to fit");
  Factors scale{};
  const std::vector<Factors> rows = scaled_factors(points, scale);
  const std::unique_ptr<glp_prob, DeleteProgram> program(glp_create_prob());
  glp_set_obj_dir(program.get(), GLP_MAX);
  glp_add_rows(program.get(), static_cast<int>(factors));
  for (int j = 1; j <= static_cast<int>(factors); ++j) glp_set_row_bnds(program.get(), j, GLP_UP, 0.0, 0.0);
  glp_add_cols(program.get(), static_cast<int>(points.size()));
  const std::array<int, factors + 1> indices{0, 1, 2, 3};
  for (std::size_t i = 0; i < points.size(); ++i) {
    const int column = static_cast<int>(i) + 1;
    const std::array<double, factors + 1> values{0.0, rows[i][0], rows[i][1], rows[i][2]};
    glp_set_col_bnds(program.get(), column, GLP_DB, -1.0, 1.0);
    glp_set_obj_coef(program.get(), column, 1.0);
    glp_set_mat_col(program.get(), column, static_cast<int>(factors), indices.data(), values.data());
  }
  glp_term_out(GLP_OFF);
  glp_smcp parameters;
  glp_init_smcp(&parameters);
  parameters.msg_lev = GLP_MSG_OFF;
  const int code = glp_simplex(program.get(), &parameters);
  const int status = glp_get_status(program.get());
  if (code != 0 || status != GLP_OPT) {
    throw Error(fmt::format("cost_model: GLPK found no optimum, code {}, status {}", code, status));
  }
  const auto dual = [&](std::size_t j) {
    return std::max(0.0, glp_get_row_dual(program.get(), static_cast<int>(j) + 1)) / scale[j];
  };
  DeviationFit fit{{dual(0), dual(1), dual(2)}, 0.0};
  for (const TimePoint& point : points) {
    fit.deviation += std::abs(fit.line.at(point.bytes, point.tokens) / point.time_us - 1.0);
  }
  const double optimum = glp_get_obj_val(program.get());
  if (std::abs(fit.deviation - optimum) > 1e-6 * (1.0 + optimum)) {
    throw Error(fmt::format("cost_model: the fit deviates by {}, but the optimum is {}", fit.deviation, optimum));
  }
  return fit;
}

}  // namespace arbiter
