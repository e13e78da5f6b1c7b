#include "lut/simplest_labels.hpp"

#include <limits>

namespace arbiter {

namespace {

using Labels = std::vector<std::uint16_t>;

/// A row or a column, and the two lines beside it.
struct Line {
  std::size_t first;
  std::size_t step;
  std::size_t length;
  std::size_t across;  ///< distance to the same place in the next line
};

class Improver {
 public:
  explicit Improver(const LabelChoice& choice) : choice_(choice) {}

  /// The cell's own cost of a label: its excess, and the labelled cells beside its line that differ.
  [[nodiscard]] LabelCost own_cost(const Labels& labels, std::size_t cell, std::size_t across, bool has_before,
                                   bool has_after, std::size_t label) const {
    LabelCost cost{0, choice_.excess[choice_.at(cell, label)]};
    const auto differs = [&](std::size_t other) { return labels[other] != unset && labels[other] != label; };
    if (has_before && differs(cell - across)) ++cost.switches;
    if (has_after && differs(cell + across)) ++cost.switches;
    return cost;
  }

  /// The best labels of one line, all others as they are.
  void solve(Labels& labels, const Line& line, bool has_before, bool has_after) const {
    constexpr LabelCost impossible{std::numeric_limits<std::int64_t>::max() / 2, 0.0};
    const std::size_t count = choice_.labels;
    std::vector<LabelCost> cost(count, LabelCost{});
    std::vector<std::size_t> from(line.length * count, 0);
    for (std::size_t i = 0; i < line.length; ++i) {
      const std::size_t cell = line.first + i * line.step;
      std::size_t cheapest = 0;
      for (std::size_t k = 1; k < count; ++k) {
        if (cost[k] < cost[cheapest]) cheapest = k;
      }
      std::vector<LabelCost> next(count, impossible);
      for (std::size_t k = 0; k < count; ++k) {
        if (!choice_.allowed[choice_.at(cell, k)]) continue;
        const LabelCost switched = cost[cheapest] + LabelCost{i > 0 ? 1 : 0, 0.0};
        from[i * count + k] = switched < cost[k] ? cheapest : k;
        next[k] = std::min(switched, cost[k]) + own_cost(labels, cell, line.across, has_before, has_after, k);
      }
      cost = std::move(next);
    }
    std::size_t label = 0;
    for (std::size_t k = 1; k < count; ++k) {
      if (cost[k] < cost[label]) label = k;
    }
    for (std::size_t i = line.length; i-- > 0;) {
      labels[line.first + i * line.step] = static_cast<std::uint16_t>(label);
      label = from[i * count + label];
    }
  }

  void solve_rows(Labels& labels) const {
    for (std::size_t r = 0; r < choice_.rows; ++r) {
      solve(labels, {r * choice_.columns, 1, choice_.columns, choice_.columns}, r > 0, r + 1 < choice_.rows);
    }
  }

  void solve_columns(Labels& labels) const {
    for (std::size_t c = 0; c < choice_.columns; ++c) {
      solve(labels, {c, choice_.columns, choice_.rows, 1}, c > 0, c + 1 < choice_.columns);
    }
  }

  /// Alternates until nothing gets better; rounding cannot make it go on for ever.
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

  static constexpr std::uint16_t unset = std::numeric_limits<std::uint16_t>::max();

 private:
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
