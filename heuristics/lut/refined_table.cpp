#include "lut/refined_table.hpp"

#include <algorithm>
#include <optional>

#include "common/dense_axis.hpp"
#include "common/log_interpolation.hpp"
#include "lut/gap_filling.hpp"
#include "lut/simplest_labels.hpp"
#include "lut/tie_sets.hpp"

namespace arbiter {

namespace {

bool failed_around(const CellBlock& block, std::size_t strategy, std::int64_t hidden_size, std::int64_t num_tokens) {
  for (const std::size_t h : block.hidden.around(hidden_size)) {
    for (const std::size_t t : block.tokens.around(num_tokens)) {
      if (block.failed[block.at(h * block.tokens.size() + t, strategy)]) return true;
    }
  }
  return false;
}

/// The interpolated times; of strategies that failed nearby only if there is no other.
std::vector<std::optional<double>> times_at(const CellBlock& block, std::int64_t hidden_size, std::int64_t num_tokens) {
  std::vector<std::optional<double>> all;
  std::vector<std::optional<double>> safe;
  bool any_safe = false;
  for (std::size_t k = 0; k < block.strategies.size(); ++k) {
    all.push_back(interpolated_time(block, k, hidden_size, num_tokens));
    safe.push_back(failed_around(block, k, hidden_size, num_tokens) ? std::nullopt : all.back());
    any_safe = any_safe || safe.back().has_value();
  }
  return any_safe ? safe : all;
}

}  // namespace

DecisionGrid refined_grid(const CellBlock& block, double tie_percent) {
  const LogAxis hidden = dense_axis(block.hidden);
  const LogAxis tokens = dense_axis(block.tokens);
  const std::size_t cells = hidden.size() * tokens.size();
  const std::size_t strategies = block.strategies.size();
  const std::vector<bool> ties = tie_sets(block, tie_percent);
  LabelChoice choice{hidden.size(), tokens.size(), strategies, std::vector<bool>(cells * strategies, false),
                     std::vector<double>(cells * strategies, 0.0)};
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const std::int64_t h = hidden[cell / tokens.size()];
    const std::int64_t t = tokens[cell % tokens.size()];
    const auto row = block.hidden.find(h);
    const auto column = block.tokens.find(t);
    const std::optional<std::size_t> measured =
        row && column ? std::optional(*row * block.tokens.size() + *column) : std::nullopt;
    const std::vector<std::optional<double>> times = times_at(block, h, t);
    double least = 0.0;
    for (const auto& time : times) least = time && (least == 0.0 || *time < least) ? *time : least;
    for (std::size_t k = 0; k < strategies; ++k) {
      const std::size_t entry = choice.at(cell, k);
      const bool in_tie = times[k] && *times[k] <= least * (1.0 + tie_percent / 100.0);
      choice.allowed[entry] = measured ? ties[block.at(*measured, k)] : in_tie;
      if (choice.allowed[entry] && times[k]) choice.excess[entry] = *times[k] / least - 1.0;
    }
  }
  fill_gaps(choice, hidden, tokens);
  return {block.key.tp_size, block.key.dtype,  block.key.fusion,       hidden.values(),
          tokens.values(),   block.strategies, simplest_labels(choice)};
}

}  // namespace arbiter
