// SPDX-License-Identifier: Apache-2.0
#include "contract/fusion_trial.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "arbiter/host/number_formats.hpp"
#include "contract/contract_checker.hpp"
#include "contract/wrong_value.hpp"
#include "measure/random_data.hpp"

namespace arbiter {

namespace {

constexpr std::size_t guard_bytes = 256;
constexpr std::byte poison{0xff};
constexpr std::uint64_t tensor_streams = std::uint64_t{1} << 32U;

constexpr std::array special_names{"NaN", "infinities", "zeros", "subnormals", "the largest values", "random numbers"};

/// One kind of special values a row, in the order of `special_names`.
float special_sum(std::int64_t row, std::int64_t column, const ValueGrid& grid, float random) {
  const bool here = column == 0 || column % 13 == 5;
  const float sign = column % 2 == 0 ? 1.0F : -1.0F;
  switch (row % static_cast<std::int64_t>(special_names.size())) {
    case 0: return here ? std::numeric_limits<float>::quiet_NaN() : random;
    case 1: return here ? sign * std::numeric_limits<float>::infinity() : random;
    case 2: return sign * 0.0F;
    case 3: return sign * static_cast<float>(grid.subnormal_spacing) * static_cast<float>(column % 5);
    case 4: return here ? sign * static_cast<float>(grid.largest) : random;
    default: return random;
  }
}

}  // namespace

FusionTrial::FusionTrial(const Fusion& fusion, const Problem& problem, std::uint64_t seed, bool special_values)
    : fusion_(fusion), problem_(problem), special_values_(special_values), specs_(fusion.tensors(problem)) {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const auto& spec = specs_[i];
    auto& tensor = tensors_.emplace_back(static_cast<std::size_t>(spec.bytes()) + guard_bytes, poison);
    if (spec.role == TensorRole::input) {
      random_elements({seed, tensor_streams + i, spec.fill_low, spec.fill_high}, spec.dtype, 0, spec.units,
                      tensor.data());
    }
  }
  initial_ = tensors_;
  for (auto& tensor : tensors_) pointers_.push_back(tensor.data());
  const auto rows = static_cast<std::size_t>(problem.num_tokens);
  epilogue_state_.assign(rows, Bytes(static_cast<std::size_t>(problem.hidden_size * size_of(problem.dtype))));
  scalars_.resize(rows);
  fill_sums(seed);
}

void FusionTrial::fill_sums(std::uint64_t seed) {
  const auto grid = grid_of(problem_.dtype);
  for (std::int64_t row = 0; row < problem_.num_tokens; ++row) {
    auto& sum = sums_.emplace_back(static_cast<std::size_t>(problem_.hidden_size));
    random_elements({seed, static_cast<std::uint64_t>(row), -3.0, 3.0}, DType::float32, 0, problem_.hidden_size,
                    sum.data());
    if (!special_values_) continue;
    for (std::size_t column = 0; column < sum.size(); ++column) {
      sum[column] = special_sum(row, static_cast<std::int64_t>(column), grid, sum[column]);
    }
  }
}

void FusionTrial::begin(const HostEpilogue& epilogue, std::int64_t row) {
  const auto at = static_cast<std::size_t>(row);
  scalars_[at] = epilogue.begin_row(bindings(), row, sums_[at].data(), epilogue_state_[at].data());
}

void FusionTrial::finish(const HostEpilogue& epilogue, std::int64_t row) {
  const auto at = static_cast<std::size_t>(row);
  epilogue.finish_row(bindings(), row, epilogue_state_[at].data(), scalars_[at]);
}

void FusionTrial::finish_in_place(const HostEpilogue& epilogue, std::int64_t row, std::size_t tensor) {
  const auto at = static_cast<std::size_t>(row);
  auto* const own = tensors_[tensor].data() + at * epilogue_state_[at].size();
  std::copy(epilogue_state_[at].begin(), epilogue_state_[at].end(), own);
  epilogue.finish_row(bindings(), row, own, scalars_[at]);
}

void FusionTrial::run(const HostEpilogue& epilogue) {
  for (std::int64_t row = 0; row < problem_.num_tokens; ++row) {
    begin(epilogue, row);
    finish(epilogue, row);
  }
}

void FusionTrial::poison_output(std::size_t tensor) {
  std::fill(tensors_[tensor].begin(), tensors_[tensor].end(), poison);
}

std::vector<double> FusionTrial::exact_sum(std::int64_t row) const {
  const auto& sum = sums_[static_cast<std::size_t>(row)];
  return {sum.begin(), sum.end()};
}

double FusionTrial::check(std::int64_t row) const {
  const auto exact = exact_sum(row);
  return fusion_.check_row(problem_, bindings(), row, exact, std::vector<double>(exact.size(), 0.0));
}

void FusionTrial::expect_correct() const {
  for (std::int64_t row = 0; row < problem_.num_tokens; ++row) {
    const double error = check(row);
    if (error <= 1.0) continue;
    const auto exact = exact_sum(row);
    const std::vector<double> tolerance(exact.size(), 0.0);
    const auto wrong = wrong_value(fusion_, problem_, bindings(), row, exact, tolerance, error);
    const auto pattern = static_cast<std::size_t>(row) % special_names.size();
    throw ContractViolation(
        fmt::format("{}, row {}{}{}", to_string(problem_), row,
                    special_values_ ? fmt::format(" (the sum has {})", special_names[pattern]) : "",
                    wrong.empty() ? fmt::format(": off by {:.3g} times the allowed error", error) : ", " + wrong));
  }
}

void FusionTrial::expect_untouched() const {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const auto end = static_cast<std::ptrdiff_t>(specs_[i].bytes());
    const auto& tensor = tensors_[i];
    if (!std::all_of(tensor.begin() + end, tensor.end(), [](std::byte byte) { return byte == poison; })) {
      throw ContractViolation(fmt::format("{}: wrote past the end of {}", to_string(problem_), specs_[i].name));
    }
    if (specs_[i].role == TensorRole::input && tensor != initial_[i]) {
      throw ContractViolation(fmt::format("{}: wrote to the input {}", to_string(problem_), specs_[i].name));
    }
  }
}

void FusionTrial::expect_outputs_untouched(const std::string& by) const {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].role != TensorRole::output) continue;
    if (!std::all_of(tensors_[i].begin(), tensors_[i].end(), [](std::byte byte) { return byte == poison; })) {
      throw ContractViolation(fmt::format("{}: {} wrote to the output {}", to_string(problem_), by, specs_[i].name));
    }
  }
}

std::vector<std::byte> FusionTrial::outputs() const {
  Bytes all;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].role == TensorRole::output) all.insert(all.end(), tensors_[i].begin(), tensors_[i].end());
  }
  return all;
}

}  // namespace arbiter
