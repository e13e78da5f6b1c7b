// SPDX-License-Identifier: Apache-2.0
#include "grid.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"

namespace arbiter::plots {

namespace {

template <class Value>
std::size_t index_of(const std::vector<Value>& values, const Value& value) {
  return static_cast<std::size_t>(std::ranges::find(values, value) - values.begin());
}

Dataset rows_to_draw(const Dataset& dataset, const std::string& fusion) {
  if (dataset.empty()) throw DataError("there are no measurements to draw");
  const Dataset chosen = dataset.of_fusion(fusion);
  if (chosen.empty()) {
    throw DataError(fmt::format("there are no measurements of fusion '{}' to draw; there are: {}", fusion,
                                fmt::join(dataset.fusions(), ", ")));
  }
  if (dataset.tp_sizes().size() > 1) {
    throw DataError(fmt::format("a picture shows one tp_size, but the measurements have {}; choose one of them",
                                fmt::join(dataset.tp_sizes(), ", ")));
  }
  return chosen.of_dtype(chosen.dtypes().front());
}

}  // namespace

Grid::Grid(const Dataset& dataset, const std::string& fusion) {
  const Dataset rows = rows_to_draw(dataset, fusion);
  tp_size_ = rows.tp_sizes().front();
  dtype_ = rows.dtypes().front();
  platform_ = rows.machine().platform;
  context_ = name_of(rows.rows().front().setting.context);
  hidden_sizes_ = rows.hidden_sizes();
  std::ranges::reverse(hidden_sizes_);
  num_tokens_ = rows.num_tokens();
  strategies_ = rows.strategies();
  timings_.assign(strategies_.size(), std::vector<Timing>(shapes()));
  for (const Measurement& row : rows.rows()) place(row);
}

void Grid::place(const Measurement& row) {
  const std::size_t shape = index_of(hidden_sizes_, row.problem.hidden_size) * num_tokens_.size() +
                            index_of(num_tokens_, row.problem.num_tokens);
  Timing& timing = timings_[index_of(strategies_, row.strategy.text())][shape];
  if (row.usable()) {
    timing.failed = false;
    if (timing.time_us && *timing.time_us <= row.time_us) return;
    timing.time_us = row.time_us;
    timing.lower_bound_us = row.lower_bound_us > 0.0 ? std::optional(row.lower_bound_us) : std::nullopt;
  } else if (row.failed && !timing.time_us) {
    timing.failed = true;
  }
}

std::string Grid::caption() const {
  return fmt::format("tp {}, {}{}{}, {}", tp_size_, name_of(dtype_), platform_.empty() ? "" : ", ", platform_,
                     context_);
}

std::optional<double> Grid::time_of(const std::string& strategy, std::int64_t hidden_size,
                                    std::int64_t num_tokens) const {
  const std::size_t at = index_of(strategies_, strategy);
  const std::size_t row = index_of(hidden_sizes_, hidden_size);
  const std::size_t column = index_of(num_tokens_, num_tokens);
  if (at == strategies_.size() || row == hidden_sizes_.size() || column == num_tokens_.size()) return std::nullopt;
  return timings_[at][row * num_tokens_.size() + column].time_us;
}

std::optional<std::size_t> Grid::best(std::size_t shape) const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < strategies_.size(); ++i) {
    const auto& time = timings_[i][shape].time_us;
    if (!time) continue;
    if (!best || *time < *timings_[*best][shape].time_us) best = i;
  }
  return best;
}

bool Grid::any_failed(std::size_t shape) const {
  return std::ranges::any_of(timings_, [shape](const auto& of_strategy) { return of_strategy[shape].failed; });
}

}  // namespace arbiter::plots
