#include "lut/refined_table.hpp"

#include <algorithm>
#include <optional>

#include "lut/simplest_labels.hpp"
#include "lut/tie_sets.hpp"

namespace arbiter {

namespace {

/// The interpolated times, [strategy]; those of strategies that failed nearby only if there are no others.
std::vector<std::optional<double>> times_at(const CellBlock& block, std::int64_t hidden_size, std::int64_t num_tokens) {
  std::vector<std::optional<double>> times;
  std::vector<bool> known;
  for (std::size_t k = 0; k < block.strategies.size(); ++k) {
    times.push_back(block.interpolated_time(k, hidden_size, num_tokens));
    known.push_back(times.back().has_value());
  }
  const std::vector<std::size_t> around = block.cells_around(hidden_size, num_tokens);
  known = without_failed(known, [&](std::size_t k) {
    return std::ranges::any_of(around, [&](std::size_t cell) { return block.failed[block.at(cell, k)]; });
  });
  for (std::size_t k = 0; k < times.size(); ++k) {
    if (!known[k]) times[k].reset();
  }
  return times;
}

}  // namespace

DecisionGrid refined_grid(const CellBlock& block, double tie_percent) {
  const LogAxis hidden = dense_axis(block.hidden);
  const LogAxis tokens = dense_axis(block.tokens);
  const std::vector<bool> ties = tie_sets(block, tie_percent);
  LabelChoice choice = LabelChoice::of(hidden.size(), tokens.size(), block.strategies.size());
  for (std::size_t cell = 0; cell < choice.rows * choice.columns; ++cell) {
    const std::int64_t h = hidden[cell / tokens.size()];
    const std::int64_t t = tokens[cell % tokens.size()];
    const auto row = block.hidden.find(h);
    const auto column = block.tokens.find(t);
    const std::optional<std::size_t> measured =
        row && column ? std::optional(*row * block.tokens.size() + *column) : std::nullopt;
    const std::vector<std::optional<double>> times = times_at(block, h, t);
    double least = 0.0;
    for (const auto& time : times) least = time && (least == 0.0 || *time < least) ? *time : least;
    for (std::size_t k = 0; k < choice.labels; ++k) {
      const std::size_t entry = choice.at(cell, k);
      const bool in_tie = times[k] && *times[k] <= least * (1.0 + tie_percent / 100.0);
      choice.allowed[entry] = measured ? ties[block.at(*measured, k)] : in_tie;
      if (choice.allowed[entry] && times[k]) choice.excess[entry] = *times[k] / least - 1.0;
    }
  }
  fill_gaps(choice, hidden, tokens);
  DecisionGrid grid = grid_on(block, hidden, tokens);
  grid.cells = simplest_labels(choice);
  return grid;
}

}  // namespace arbiter
