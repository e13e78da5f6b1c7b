// SPDX-License-Identifier: Apache-2.0
#include "lut/simplest_labels.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace arbiter {

namespace {

using Labels = std::vector<std::uint16_t>;

/// A row or a column of the grid. Its neighbours are the two parallel lines next to it.
struct Line {
  std::size_t first;   ///< cell
  std::size_t step;    ///< from a cell to the next one of the line
  std::size_t length;  ///< cells
  std::size_t across;  ///< from a cell to the one beside it in the next line
  bool has_before;     ///< whether there is a line before it
  bool has_after;
};

class Improver {
 public:
  static constexpr std::uint16_t unset = std::numeric_limits<std::uint16_t>::max();

  explicit Improver(const LabelChoice& choice) : choice_(choice) {}

  void solve_rows(Labels& labels) const {
    const std::size_t rows = choice_.rows;
    const std::size_t columns = choice_.columns;
    for (std::size_t r = 0; r < rows; ++r) solve(labels, {r * columns, 1, columns, columns, r > 0, r + 1 < rows});
  }

  void solve_columns(Labels& labels) const {
    const std::size_t rows = choice_.rows;
    const std::size_t columns = choice_.columns;
    for (std::size_t c = 0; c < columns; ++c) solve(labels, {c, columns, rows, 1, c > 0, c + 1 < columns});
  }

  /// Alternates until the cost stops falling; the limit guards against cycles by rounding.
  void settle(Labels& labels) const {
    LabelCost cost = cost_of(choice_, labels);
    for (std::size_t round = 0; round < 100; ++round) {
      Labels next = labels;
      solve_rows(next);
      solve_columns(next);
      const LabelCost next_cost = cost_of(choice_, next);
      if (!(next_cost < cost)) return;
      labels = std::move(next);
      cost = next_cost;
    }
  }

 private:
  /// The cost of a label in one cell: its excess and the labels of the neighbouring lines that differ.
  [[nodiscard]] LabelCost cell_cost(const Labels& labels, const Line& line, std::size_t cell, std::size_t label) const {
    LabelCost cost{0, choice_.excess[choice_.at(cell, label)]};
    const auto differs = [&](std::size_t other) { return labels[other] != unset && labels[other] != label; };
    if (line.has_before && differs(cell - line.across)) ++cost.switches;
    if (line.has_after && differs(cell + line.across)) ++cost.switches;
    return cost;
  }

  /// Sets the labels of one line to the best ones, given all others (Viterbi).
  void solve(Labels& labels, const Line& line) const {
    constexpr LabelCost impossible{std::numeric_limits<std::int64_t>::max() / 2, 0.0};
    const std::size_t count = choice_.labels;
    std::vector<LabelCost> cost(count, LabelCost{});
    std::vector<std::size_t> from(line.length * count, 0);
    for (std::size_t i = 0; i < line.length; ++i) {
      const std::size_t cell = line.first + i * line.step;
      const std::size_t cheapest = first_least(cost);
      std::vector<LabelCost> next(count, impossible);
      for (std::size_t k = 0; k < count; ++k) {
        if (!choice_.allowed[choice_.at(cell, k)]) continue;
        const LabelCost switched = cost[cheapest] + LabelCost{i > 0 ? 1 : 0, 0.0};
        from[i * count + k] = switched < cost[k] ? cheapest : k;
        next[k] = std::min(switched, cost[k]) + cell_cost(labels, line, cell, k);
      }
      cost = std::move(next);
    }
    std::size_t label = first_least(cost);
    for (std::size_t i = line.length; i-- > 0;) {
      labels[line.first + i * line.step] = static_cast<std::uint16_t>(label);
      label = from[i * count + label];
    }
  }

  [[nodiscard]] static std::size_t first_least(const std::vector<LabelCost>& cost) {
    return static_cast<std::size_t>(std::ranges::min_element(cost, std::less{}) - cost.begin());
  }

  const LabelChoice& choice_;
};

Labels cheapest_labels(const LabelChoice& choice) {
  Labels labels(choice.rows * choice.columns, 0);
  for (std::size_t cell = 0; cell < labels.size(); ++cell) {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < choice.labels; ++k) {
      const std::size_t entry = choice.at(cell, k);
      if (!choice.allowed[entry] || !(choice.excess[entry] < least)) continue;
      least = choice.excess[entry];
      labels[cell] = static_cast<std::uint16_t>(k);
    }
  }
  return labels;
}

}  // namespace

std::vector<bool> LabelChoice::allowed_in(std::size_t cell) const {
  const auto first = allowed.begin() + static_cast<std::ptrdiff_t>(at(cell, 0));
  return {first, first + static_cast<std::ptrdiff_t>(labels)};
}

void LabelChoice::allow(std::size_t cell, const std::vector<bool>& labels_of_cell) {
  std::copy(labels_of_cell.begin(), labels_of_cell.end(), allowed.begin() + static_cast<std::ptrdiff_t>(at(cell, 0)));
}

LabelCost cost_of(const LabelChoice& choice, const Labels& labels) {
  LabelCost cost;
  for (std::size_t cell = 0; cell < labels.size(); ++cell) {
    cost.excess += choice.excess[choice.at(cell, labels[cell])];
    if (cell % choice.columns > 0 && labels[cell] != labels[cell - 1]) ++cost.switches;
    if (cell >= choice.columns && labels[cell] != labels[cell - choice.columns]) ++cost.switches;
  }
  return cost;
}

Labels simplest_labels(const LabelChoice& choice) {
  const Improver improver(choice);
  std::vector<Labels> starts(3, Labels(choice.rows * choice.columns, Improver::unset));
  starts[0] = cheapest_labels(choice);
  improver.solve_rows(starts[1]);
  improver.solve_columns(starts[2]);
  const Labels* best = nullptr;
  LabelCost best_cost;
  for (Labels& labels : starts) {
    improver.settle(labels);
    const LabelCost cost = cost_of(choice, labels);
    if (best != nullptr && !(cost < best_cost)) continue;
    best = &labels;
    best_cost = cost;
  }
  return *best;
}

}  // namespace arbiter
