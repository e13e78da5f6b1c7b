// SPDX-License-Identifier: Apache-2.0
#include "arbiter/fusion.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/export.hpp"
#include "arbiter/host/number_formats.hpp"

namespace arbiter {

namespace {

template <class Unit, class ToFloat>
void load_units(const void* tensor, std::int64_t first, std::span<double> values, ToFloat to_float) {
  const auto* from = static_cast<const Unit*>(tensor) + first;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(to_float(from[i]));
}

ARBITER_TARGET_CLONES void load_bfloat16(const std::uint16_t* from, double* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<double>(bfloat16_to_float(from[i]));
}

constexpr auto e4m3_values = values_of_codes<256>(e4m3_to_float);

/// What is compared at a time; fits into the first-level cache.
constexpr std::size_t chunk = 256;

/// Whether the error of every element is the plain quotient of error_share().
ARBITER_TARGET_CLONES bool all_plain(double largest, const double* actual, const double* value, const double* tolerance,
                                     std::size_t count) {
  unsigned other = 0;
  for (std::size_t i = 0; i < count; ++i) {
    other |= static_cast<unsigned>(!(std::fabs(value[i]) + tolerance[i] <= largest)) |
             static_cast<unsigned>(!(tolerance[i] >= 0.0)) | static_cast<unsigned>(!(std::fabs(actual[i]) <= largest));
  }
  return other == 0;
}

ARBITER_TARGET_CLONES double worst_plain(ValueGrid grid, const double* actual, const double* value,
                                         const double* tolerance, std::size_t count) {
  constexpr std::size_t lanes = 8;
  double shares[chunk];
  for (std::size_t i = 0; i < count; ++i) {
    const double reach = std::fabs(value[i]) + tolerance[i];
    shares[i] = std::fabs(actual[i] - value[i]) / (tolerance[i] + 0.5 * spacing_at(grid, reach));
  }
  std::fill(shares + count, shares + (count + lanes - 1) / lanes * lanes, 0.0);
  double worst[lanes] = {};
  for (std::size_t i = 0; i < count; i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) worst[k] = shares[i + k] > worst[k] ? shares[i + k] : worst[k];
  }
  return *std::max_element(worst, worst + lanes);
}

/// Of up to `chunk` elements.
double worst_share(const ValueGrid& grid, const double* actual, const double* value, const double* tolerance,
                   std::size_t count) {
  if (all_plain(grid.largest, actual, value, tolerance, count)) {
    return worst_plain(grid, actual, value, tolerance, count);
  }
  double worst = 0.0;
  for (std::size_t i = 0; i < count; ++i) worst = std::max(worst, error_share(grid, actual[i], value[i], tolerance[i]));
  return worst;
}

}  // namespace

void load_values(DType dtype, const void* tensor, std::int64_t first, std::span<double> values) {
  switch (dtype) {
    case DType::bfloat16:
      return load_bfloat16(static_cast<const std::uint16_t*>(tensor) + first, values.data(), values.size());
    case DType::float16: return load_units<std::uint16_t>(tensor, first, values, float16_to_float);
    case DType::float32: return load_units<float>(tensor, first, values, [](float value) { return value; });
    case DType::float8_e4m3:
      return load_units<std::uint8_t>(tensor, first, values, [](std::uint8_t code) { return e4m3_values[code]; });
    case DType::float8_e8m0: return load_units<std::uint8_t>(tensor, first, values, e8m0_to_float);
    case DType::float4_e2m1x2: break;
  }
  throw Error(fmt::format("{} tensors cannot be read element by element", name_of(dtype)));
}

double check_values(DType dtype, const void* tensor, std::int64_t first, std::span<const double> value,
                    std::span<const double> tolerance) {
  const ValueGrid grid = grid_of(dtype);
  double actual[chunk];
  double worst = 0.0;
  for (std::size_t i = 0; i < value.size(); i += chunk) {
    const std::size_t count = std::min(chunk, value.size() - i);
    load_values(dtype, tensor, first + static_cast<std::int64_t>(i), {actual, count});
    worst = std::max(worst, check_values(grid, {actual, count}, value.subspan(i, count), tolerance.subspan(i, count)));
  }
  return worst;
}

double check_values(const ValueGrid& grid, std::span<const double> actual, std::span<const double> value,
                    std::span<const double> tolerance) {
  double worst = 0.0;
  for (std::size_t i = 0; i < value.size(); i += chunk) {
    const std::size_t count = std::min(chunk, value.size() - i);
    worst = std::max(worst, worst_share(grid, actual.data() + i, value.data() + i, tolerance.data() + i, count));
  }
  return worst;
}

Support Fusion::supports(const Problem& problem) const { return do_supports(problem).with_reason(); }

std::vector<TensorSpec> Fusion::tensors(const Problem& problem) const {
  auto specs = do_tensors(problem);
  for (const TensorSpec& spec : specs) {
    if (spec.name.empty() || spec.units < 0) {
      throw PluginError(fmt::format("{}: the tensor '{}' has {} units; allowed: a name, and units from 0 up",
                                    problem.fusion, spec.name, spec.units));
    }
  }
  return specs;
}

std::unique_ptr<HostEpilogue> Fusion::host_epilogue(const Problem& problem) const {
  auto epilogue = do_host_epilogue(problem);
  if (epilogue == nullptr) throw PluginError(fmt::format("{} made no host epilogue", problem.fusion));
  return epilogue;
}

void Fusion::reference_row(const Problem& problem, const Bindings& host, std::int64_t row, std::span<const double> sum,
                           std::span<const double> tolerance, std::vector<ReferenceRow>& outputs) const {
  do_reference_row(problem, host, row, sum, tolerance, outputs);
  for (const ReferenceRow& output : outputs) {
    if (output.value.size() == output.tolerance.size()) continue;
    throw PluginError(fmt::format("{}: its reference has {} values and {} tolerances", problem.fusion,
                                  output.value.size(), output.tolerance.size()));
  }
}

double Fusion::check_row(const Problem& problem, const Bindings& host, std::int64_t row, std::span<const double> sum,
                         std::span<const double> tolerance) const {
  const double share = do_check_row(problem, host, row, sum, tolerance);
  return std::isnan(share) ? std::numeric_limits<double>::infinity() : share;
}

double Fusion::do_check_row(const Problem& problem, const Bindings& host, std::int64_t row, std::span<const double> sum,
                            std::span<const double> tolerance) const {
  std::vector<ReferenceRow> expected;
  reference_row(problem, host, row, sum, tolerance, expected);
  const std::vector<TensorSpec> specs = tensors(problem);
  double worst = 0.0;
  std::size_t output = 0;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const TensorSpec& spec = specs[i];
    if (spec.role != TensorRole::output) continue;
    if (spec.units != problem.elements() || spec.dtype == DType::float4_e2m1x2) {
      throw Error(
          fmt::format("{}: output '{}' has {} units for {} elements; a fusion with such an output must override "
                      "check_row",
                      problem.fusion, spec.name, spec.units, problem.elements()));
    }
    const ReferenceRow& reference = expected.at(output++);
    worst = std::max(worst, check_values(spec.dtype, host.tensors[i], row * problem.hidden_size, reference.value,
                                         reference.tolerance));
  }
  return worst;
}

}  // namespace arbiter
