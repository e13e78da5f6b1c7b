// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "arbiter/heuristic.hpp"
#include "contract/contract_checker.hpp"
#include "contract/sample_data.hpp"

namespace arbiter {

namespace {

/// Problems that are not in sample_dataset(): between its shapes, beyond them, of other tp sizes, fusions and dtypes.
std::vector<Problem> unmeasured() {
  std::vector<Problem> problems;
  for (const int tp_size : {2, 3, 4, 8}) {
    for (const char* fusion : {"NONE", "RESIDUAL_RMS_NORM", "ANOTHER"}) {
      for (const std::int64_t hidden_size : {1, 100, 2880, 7168, 16384}) {
        for (const std::int64_t num_tokens : {1, 3, 17, 1000, 100'000}) {
          problems.push_back({tp_size, DType::bfloat16, fusion, hidden_size, num_tokens});
        }
      }
    }
  }
  problems.push_back({2, DType::float32, "NONE", 1024, 16});
  return problems;
}

std::vector<Problem> measured(const Dataset& dataset) {
  std::vector<Problem> problems;
  for (const auto& [problem, cell] : dataset.cells()) problems.push_back(problem);
  return problems;
}

/// The contract of a heuristic. Rank 0 only.
class HeuristicCheck {
  /// Returns what it tried, to be printed.
  using Test = std::string (HeuristicCheck::*)();

 public:
  explicit HeuristicCheck(PluginUnderTest& plugin) : plugin_(plugin) {}

  void run() {
    constexpr const char* selects = "select() returns a known strategy for every problem, measured or not";
    const std::pair<const char*, Test> others[] = {
        {"select() never returns a strategy that failed on the problem", &HeuristicCheck::avoid_failed},
        {"the same rows give the same decisions, in any order", &HeuristicCheck::reorder},
        {"unusual data cause an Error or a selector that satisfies the clauses above", &HeuristicCheck::fit_unusual},
        {"threads can share a selector", &HeuristicCheck::share_between_threads},
        {"a selector has the name of its heuristic, and a report", &HeuristicCheck::report},
        {"it leaks nothing", &HeuristicCheck::check_leaks}};
    expect(selects, &HeuristicCheck::select_all);
    const bool fits = plugin_.world.all().broadcast(fitted_ ? "1" : "", 0) == "1";
    for (const auto& [clause, test] : others) {
      if (fits) {
        expect(clause, test);
      } else {
        plugin_.checker.pass_over(clause);
      }
    }
  }

 private:
  using Chosen = std::vector<std::string>;

  void expect(const std::string& clause, Test test) {
    plugin_.checker.expect_on_root(clause, [&] { return (this->*test)(); });
  }

  [[nodiscard]] std::shared_ptr<const Selector> fit(const Dataset& dataset) const {
    return plugin_.make<Heuristic>()->fit(dataset);
  }

  /// Throws ContractViolation if a choice is empty, AUTO, or neither in the data nor the baseline.
  static Chosen choices(const Selector& selector, const std::vector<Problem>& problems, const Dataset& dataset) {
    const auto known = dataset.strategies();
    const auto baseline = baseline_strategy(dataset);
    Chosen chosen;
    for (const auto& problem : problems) {
      chosen.push_back(selector.select(problem));
      const auto& name = chosen.back();
      const bool is_known = name == baseline || std::find(known.begin(), known.end(), name) != known.end();
      if (name.empty() || name == "AUTO" || !is_known) {
        throw ContractViolation(fmt::format("{}: select() returned \"{}\"", to_string(problem), name));
      }
    }
    return chosen;
  }

  static void expect_usable(const Selector& selector, const Dataset& dataset) {
    for (const auto& [problem, cell] : dataset.cells()) {
      if (best_of(cell) == nullptr) continue;
      const auto name = selector.select(problem);
      const bool has_row =
          std::any_of(cell.begin(), cell.end(), [&](const auto* row) { return row->strategy == name; });
      if (has_row && row_of(cell, name) == nullptr) {
        throw ContractViolation(fmt::format("{}: select() returned {}, which failed there", to_string(problem), name));
      }
    }
  }

  [[nodiscard]] std::string select_all() {
    const auto dataset = sample_dataset(1);
    const auto selector = fit(dataset);
    fitted_ = true;
    const auto in_dataset = measured(dataset);
    const auto others = unmeasured();
    static_cast<void>(choices(*selector, in_dataset, dataset));
    static_cast<void>(choices(*selector, others, dataset));
    return fmt::format("{} measured, {} others", in_dataset.size(), others.size());
  }

  [[nodiscard]] std::string avoid_failed() {
    std::size_t cells = 0;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      const auto dataset = sample_dataset(seed);
      expect_usable(*fit(dataset), dataset);
      cells += dataset.cells().size();
    }
    return fmt::format("{} cells", cells);
  }

  [[nodiscard]] std::string reorder() {
    const auto dataset = sample_dataset(4);
    std::vector<Measurement> rows(dataset.rows().begin(), dataset.rows().end());
    std::ranges::reverse(rows);
    Dataset backwards(dataset.machine());
    for (auto& row : rows) backwards.add(row);
    const auto problems = measured(dataset);
    const auto first = choices(*fit(dataset), problems, dataset);
    const auto again = choices(*fit(dataset), problems, dataset);
    const auto reversed = choices(*fit(backwards), problems, dataset);
    for (std::size_t i = 0; i < problems.size(); ++i) {
      if (first[i] == again[i] && first[i] == reversed[i]) continue;
      throw ContractViolation(fmt::format("{}: select() returned {}, then {}, and {} for the rows in reverse order",
                                          to_string(problems[i]), first[i], again[i], reversed[i]));
    }
    return fmt::format("{} problems", problems.size());
  }

  [[nodiscard]] std::string fit_unusual() {
    const auto unusual = unusual_datasets();
    for (const auto& [name, dataset] : unusual) {
      plugin_.checker.set_case(name);
      try {
        const auto selector = fit(dataset);
        static_cast<void>(choices(*selector, measured(dataset), dataset));
        static_cast<void>(choices(*selector, unmeasured(), dataset));
        expect_usable(*selector, dataset);
      } catch (const ContractViolation& violation) {
        throw ContractViolation(fmt::format("{}: {}", name, violation.what()));
      } catch (const Error& error) {
        if (std::string_view(error.what()).empty())
          throw ContractViolation(fmt::format("{}: the Error has no message", name));
      } catch (const std::exception& error) {
        throw ContractViolation(fmt::format("{}: it threw something other than Error: {}", name, error.what()));
      }
    }
    return fmt::format("{} datasets", unusual.size());
  }

  [[nodiscard]] std::string share_between_threads() {
    const auto dataset = sample_dataset(5);
    const auto selector = fit(dataset);
    const auto problems = unmeasured();
    const auto expected = choices(*selector, problems, dataset);
    std::vector<Chosen> chosen(4);
    std::vector<std::thread> threads;
    threads.reserve(chosen.size());
    for (auto& own : chosen) {
      threads.emplace_back([&] {
        for (const auto& problem : problems) own.push_back(selector->select(problem));
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& own : chosen) {
      if (own != expected) throw ContractViolation("four threads got other choices than one");
    }
    return "4 threads";
  }

  [[nodiscard]] std::string report() {
    const auto selector = fit(sample_dataset(6));
    if (selector->name() != plugin_.entry.name) {
      throw ContractViolation(fmt::format("the selector's name() is \"{}\"", selector->name()));
    }
    if (selector->report().empty()) throw ContractViolation("report() is empty");
    return {};
  }

  [[nodiscard]] std::string check_leaks() {
    const auto dataset = sample_dataset(7);
    const auto problems = unmeasured();
    expect_no_leak("a selector, fitted and used", 8, [&] {
      const auto selector = fit(dataset);
      for (const auto& problem : problems) static_cast<void>(selector->select(problem));
      static_cast<void>(selector->report());
    });
    return {};
  }

  PluginUnderTest& plugin_;
  bool fitted_ = false;  // a selector was made of usual data
};

}  // namespace

void check_heuristic(PluginUnderTest& plugin) { HeuristicCheck(plugin).run(); }

}  // namespace arbiter
