// byte_thresholds: chooses by message size alone, with thresholds a person wrote, and the template of a heuristic:
//
//     heuristics:
//       byte_thresholds: {strategies: [ONESHOT, TWOSHOT, MPI], bytes: [65536, 1048576]}
//
// is ONESHOT up to and including 65536 bytes, TWOSHOT up to 1048576, MPI beyond. Its regret, in the report, says how
// good they are on the machine that was measured.
//
// To make it yours: change the name and the summary at the end, then what fit() learns from the data.
#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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

/// Shared by everything that asks after the fit, so nothing in it changes any more.
class ThresholdSelector : public Selector {
 public:
  ThresholdSelector(Thresholds thresholds, const Dataset& dataset) : thresholds_(std::move(thresholds)) {
    const auto cells = dataset.cells();
    for (const auto& [problem, rows] : cells) {
      for (const std::string& name : usable_of(rows)) {
        usable_at_tp_[problem.tp_size].push_back(name);
        usable_anywhere_.push_back(name);
      }
    }
    expect_a_choice("the data", usable_anywhere_);
    for (const int tp_size : dataset.tp_sizes()) {
      expect_a_choice("tp " + std::to_string(tp_size), usable_at_tp_[tp_size]);
    }
    for (const auto& [problem, rows] : cells) add_exception(problem, rows);
    report_ = "byte_thresholds: " + thresholds_.text();
    if (!exceptions_.empty()) {
      report_ += "; another one at " + std::to_string(exceptions_.size()) + " problems where that has no usable row";
    }
    report_ += "\n  regret: " + to_string(regret_of(*this, dataset));
  }

  [[nodiscard]] std::string name() const override { return "byte_thresholds"; }

  [[nodiscard]] std::string select(const Problem& problem) const override {
    const auto exception = exceptions_.find(problem);
    if (exception != exceptions_.end()) return exception->second;
    const auto measured = usable_at_tp_.find(problem.tp_size);
    const Names& usable = measured == usable_at_tp_.end() ? usable_anywhere_ : measured->second;
    return *thresholds_.nearest(thresholds_.index_of(problem.message_bytes()), usable);
  }

  [[nodiscard]] std::string report() const override { return report_; }

 private:
  void expect_a_choice(const std::string& where, const Names& usable) const {
    if (thresholds_.nearest(0, usable) != nullptr) return;
    throw DataError("byte_thresholds: " + where + ": none of its strategies (" + thresholds_.text() +
                    ") has a usable row");
  }

  /// A strategy that failed at a measured problem must not be chosen there, however well it does elsewhere.
  void add_exception(const Problem& problem, const std::vector<const Measurement*>& rows) {
    const Names usable = usable_of(rows);
    const Measurement* best = best_of(rows);
    if (best == nullptr || std::ranges::find(usable, select(problem)) != usable.end()) return;
    const std::string* other = thresholds_.nearest(thresholds_.index_of(problem.message_bytes()), usable);
    exceptions_.emplace(problem, other == nullptr ? best->strategy : *other);
  }

  Thresholds thresholds_;
  std::map<int, Names> usable_at_tp_;
  Names usable_anywhere_;  // for tp sizes that were not measured
  std::map<Problem, std::string> exceptions_;
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
  /// Types and ranges are checked before; how the lists fit one another is ours. A ConfigError is shown with the
  /// plugin's place in the YAML.
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
