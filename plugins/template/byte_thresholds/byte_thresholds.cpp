// SPDX-License-Identifier: Apache-2.0
// The template of a heuristic. byte_thresholds chooses by message size alone, with thresholds from the YAML:
//
//     heuristics:
//       byte_thresholds: {strategies: [ONESHOT, TWOSHOT, MPI], bytes: [65536, 1048576]}
//
// chooses ONESHOT up to and including 65536 bytes, TWOSHOT up to 1048576, and MPI above. The regret in its report says
// how good the thresholds are on the measured machine. The decision is a DecisionTable, so sinks write it as it is.
//
// To make it yours: change the name and the summary at the end, then what do_fit() learns from the data.
#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "arbiter/decision_table.hpp"
#include "arbiter/error.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/regret.hpp"

namespace {

using namespace arbiter;

using Names = std::vector<std::string>;

struct Thresholds {
  Names strategies;
  std::vector<std::int64_t> bytes;

  [[nodiscard]] std::size_t index_of(std::int64_t message_bytes) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(bytes, message_bytes) - bytes.begin());
  }

  /// The strategy nearest to `wanted` in the list that is one of `usable`; on a tie the one for larger messages. Null
  /// if there is none.
  [[nodiscard]] const std::string* nearest(std::size_t wanted, const Names& usable) const {
    const auto far = [&](std::size_t i) { return i > wanted ? 2 * (i - wanted) : 2 * (wanted - i) + 1; };
    const std::string* best = nullptr;
    for (std::size_t i = 0, least = 0; i < strategies.size(); ++i) {
      if (std::ranges::find(usable, strategies[i]) == usable.end()) continue;
      if (best == nullptr || far(i) < least) {
        best = &strategies[i];
        least = far(i);
      }
    }
    return best;
  }

  [[nodiscard]] std::string text() const {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      text += strategies[i] + " to " + std::to_string(bytes[i]) + " bytes, ";
    }
    return text + strategies.back() + (bytes.empty() ? " for all sizes" : " above");
  }
};

Names usable_of(const std::vector<const Measurement*>& rows) {
  Names names;
  for (const Measurement* row : rows) {
    if (row->usable()) names.push_back(row->strategy);
  }
  return names;
}

/// What thresholds answer for the cells of one tp size, dtype and fusion.
struct Part {
  std::set<std::int64_t> hidden_sizes;
  std::set<std::int64_t> num_tokens;
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> exceptions;  ///< by hidden size and number of tokens
};

/// A selector that is a DecisionTable: the runner, decision.json and the C++ header then decide alike. Immutable after
/// its constructor, so threads can share it.
class ThresholdSelector : public Selector {
 public:
  ThresholdSelector(Thresholds thresholds, const Dataset& dataset) : thresholds_(std::move(thresholds)) {
    const auto cells = dataset.cells();
    Names usable_anywhere;
    std::map<int, Names> usable;  // by tp size
    for (const auto& [problem, rows] : cells) {
      for (const std::string& name : usable_of(rows)) {
        usable[problem.tp_size].push_back(name);
        usable_anywhere.push_back(name);
      }
    }
    expect_a_choice("the data", usable_anywhere);
    for (const int tp_size : dataset.tp_sizes()) expect_a_choice("tp " + std::to_string(tp_size), usable[tp_size]);

    std::map<std::tuple<int, DType, std::string>, Part> parts;
    for (const auto& [problem, rows] : cells) {
      Part& part = parts[{problem.tp_size, problem.dtype, problem.fusion}];
      part.hidden_sizes.insert(problem.hidden_size);
      part.num_tokens.insert(problem.num_tokens);
      add_exception(part, problem, rows, *strategy_for(problem.message_bytes(), usable[problem.tp_size]));
    }
    // Answers for tp sizes and fusions that were not measured.
    table_.fallback = *thresholds_.nearest(0, usable_anywhere);
    table_.look_up = LookUp::message_size;
    std::size_t exceptions = 0;
    for (const auto& [key, part] : parts) {
      const auto& [tp_size, dtype, fusion] = key;
      exceptions += part.exceptions.size();
      if (part.exceptions.empty()) {
        add_steps({tp_size, dtype, fusion, {}}, usable[tp_size]);
      } else {
        add_grid({tp_size, dtype, fusion, {}, {}, {}, {}}, part, usable[tp_size]);
      }
    }
    report_ = "byte_thresholds: " + thresholds_.text();
    if (exceptions > 0) {
      report_ += "; another one at " + std::to_string(exceptions) + " problems where that has no usable row";
    }
    report_ += "\n  regret: " + to_string(regret_of(*this, dataset));
  }

  [[nodiscard]] std::string name() const override { return "byte_thresholds"; }
  [[nodiscard]] std::string select(const Problem& problem) const override { return table_.select(problem); }
  [[nodiscard]] std::string report() const override { return report_; }
  [[nodiscard]] const DecisionTable* table() const override { return &table_; }

 private:
  void expect_a_choice(const std::string& where, const Names& usable) const {
    if (thresholds_.nearest(0, usable) != nullptr) return;
    throw DataError("byte_thresholds: " + where + ": none of its strategies (" + thresholds_.text() +
                    ") has a usable row");
  }

  [[nodiscard]] const std::string* strategy_for(std::int64_t message_bytes, const Names& usable) const {
    return thresholds_.nearest(thresholds_.index_of(message_bytes), usable);
  }

  /// A strategy that failed at a measured problem must not be chosen there, however well it does elsewhere.
  void add_exception(Part& part, const Problem& problem, const std::vector<const Measurement*>& rows,
                     const std::string& wanted) const {
    const Names usable = usable_of(rows);
    const Measurement* best = best_of(rows);
    if (best == nullptr || std::ranges::find(usable, wanted) != usable.end()) return;
    const std::string* other = strategy_for(problem.message_bytes(), usable);
    part.exceptions[{problem.hidden_size, problem.num_tokens}] = other == nullptr ? best->strategy.text() : *other;
  }

  /// The thresholds as they are.
  void add_steps(DecisionSteps steps, const Names& usable) {
    for (std::size_t i = 0; i < thresholds_.strategies.size(); ++i) {
      const bool last = i == thresholds_.bytes.size();
      steps.steps.push_back(
          {last ? std::numeric_limits<std::int64_t>::max() : thresholds_.bytes[i], *thresholds_.nearest(i, usable)});
    }
    table_.steps.push_back(std::move(steps));
  }

  /// The thresholds in each cell but the exceptions. Other shapes are answered by the cell nearest in message size.
  void add_grid(DecisionGrid grid, const Part& part, const Names& usable) {
    grid.hidden_sizes.assign(part.hidden_sizes.begin(), part.hidden_sizes.end());
    grid.num_tokens.assign(part.num_tokens.begin(), part.num_tokens.end());
    for (const std::int64_t hidden_size : grid.hidden_sizes) {
      for (const std::int64_t num_tokens : grid.num_tokens) {
        const Problem problem = {grid.tp_size, grid.dtype, grid.fusion, hidden_size, num_tokens};
        const auto exception = part.exceptions.find({hidden_size, num_tokens});
        const std::string& strategy =
            exception == part.exceptions.end() ? *strategy_for(problem.message_bytes(), usable) : exception->second;
        const auto known = std::ranges::find(grid.strategies, strategy);
        grid.cells.push_back(static_cast<std::uint16_t>(known - grid.strategies.begin()));
        if (known == grid.strategies.end()) grid.strategies.push_back(strategy);
      }
    }
    table_.grids.push_back(std::move(grid));
  }

  Thresholds thresholds_;
  DecisionTable table_;
  std::string report_;
};

constexpr ParameterSpec parameters[] = {
    {"strategies", ParameterType::text_list, "[ONESHOT, TWOSHOT, MPI]", "",
     "From the smallest messages to the largest"},
    {"bytes", ParameterType::integer_list, "[65536, 1048576]", "1..",
     "Up to and including bytes[i] it is strategies[i]; one fewer than strategies, rising"},
};

class ByteThresholds : public Heuristic {
 public:
  /// Types and ranges are checked before; here the lists are checked against each other. The runner adds the place in
  /// the YAML to a ConfigError.
  explicit ByteThresholds(const Parameters& values)
      : thresholds_{values.texts("strategies"), values.integers("bytes")} {
    const auto& [strategies, bytes] = thresholds_;
    if (strategies.size() != bytes.size() + 1) {
      throw ConfigError("bytes: found " + std::to_string(bytes.size()) + " for " + std::to_string(strategies.size()) +
                        " strategies; allowed: one fewer than strategies");
    }
    if (std::ranges::adjacent_find(bytes, std::greater_equal{}) != bytes.end()) {
      throw ConfigError("bytes: found a value that is not above the one before it; allowed: rising values");
    }
    if (std::ranges::find(strategies, "AUTO") != strategies.end()) {
      throw ConfigError("strategies: found AUTO, which asks a heuristic itself; allowed: any other");
    }
  }

 protected:
  [[nodiscard]] std::shared_ptr<const Selector> do_fit(const Dataset& dataset) const override {
    return std::make_shared<ThresholdSelector>(thresholds_, dataset);
  }

 private:
  Thresholds thresholds_;
};

}  // namespace

ARBITER_PLUGIN(ByteThresholds, {.kind = arbiter::PluginKind::heuristic,
                                .name = "byte_thresholds",
                                .version = "1.0",
                                .summary = "Fixed thresholds on the message size, from the YAML",
                                .parameters = parameters,
                                .parameter_count = std::size(parameters)})
