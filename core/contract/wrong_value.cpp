// SPDX-License-Identifier: Apache-2.0
#include "contract/wrong_value.hpp"

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "arbiter/host/number_formats.hpp"

namespace arbiter {

namespace {

std::string number(double value) { return std::isnan(value) ? "NaN" : fmt::format("{:.6g}", value); }

std::string describe(const ValueGrid& grid, double found, double expected, double tolerance) {
  auto text = fmt::format("found {}, expected {}", number(found), number(expected));
  if (std::isnan(expected)) return text;
  const double rounding = 0.5 * spacing_at(grid, std::fabs(expected) + tolerance);
  return fmt::format("{} within {:.3g}", text, tolerance + rounding);
}

}  // namespace

std::string wrong_value(const Fusion& fusion, const Problem& problem, const Bindings& host, std::int64_t row,
                        std::span<const double> sum, std::span<const double> tolerance, double error) {
  std::vector<ReferenceRow> expected;
  fusion.reference_row(problem, host, row, sum, tolerance, expected);
  const auto specs = fusion.tensors(problem);
  std::vector<double> found(static_cast<std::size_t>(problem.hidden_size));
  std::string text;
  double worst = 0.0;
  std::size_t output = 0;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto& spec = specs[i];
    if (spec.role != TensorRole::output) continue;
    const bool is_by_element = spec.units == problem.elements() && spec.dtype != DType::float4_e2m1x2;
    if (!is_by_element || output >= expected.size() || expected[output].value.size() != found.size()) return {};
    const auto& reference = expected[output++];
    const ValueGrid grid = grid_of(spec.dtype);
    load_values(spec.dtype, host.tensors[i], row * problem.hidden_size, found);
    for (std::size_t column = 0; column < found.size(); ++column) {
      const double value = reference.value[column];
      const double share = error_share(grid, found[column], value, reference.tolerance[column]);
      if (!(share > worst)) continue;
      worst = share;
      text = fmt::format("{}[{}]: {}", spec.name, column,
                         describe(grid, found[column], value, reference.tolerance[column]));
    }
  }
  return worst == error ? text : std::string();
}

}  // namespace arbiter
