#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "arbiter/heuristic.hpp"
#include "contract/plugin_under_test.hpp"
#include "contract/process_resources.hpp"
#include "contract/sample_data.hpp"

namespace arbiter {

namespace {

/// Problems that no sample has: between the shapes, beyond them, of another tp size, fusion and dtype.
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

/// The clauses of a heuristic's contract. Rank 0 only.
class HeuristicCheck {
 public:
  explicit HeuristicCheck(PluginUnderTest& subject) : subject_(subject) {}

  void run() {
    hold("every problem gets a strategy, also one that was never measured", [this] { return choose(); });
    hold("what failed on a problem, and AUTO, is not chosen for it", [this] { return avoid(); });
    hold("the same data give the same decisions, in whatever order they stand", [this] { return repeat(); });
    hold("odd data end in an Error with a text or in a selector that keeps the above", [this] { return survive(); });
    hold("a selector may be asked by several threads", [this] { return share(); });
    hold("a selector has its heuristic's name, and a report", [this] { return report(); });
    hold("it leaves nothing behind", [this] { return leak(); });
  }

 private:
  using Chosen = std::vector<std::string>;

  void hold(const std::string& clause, const std::function<std::string()>& test) {
    subject_.clauses.hold_on_root(clause, test);
  }

  [[nodiscard]] std::shared_ptr<const Selector> fit(const Dataset& dataset) const {
    auto selector = subject_.make<Heuristic>()->fit(dataset);
    if (selector == nullptr) throw ContractViolation("fit() made no selector");
    return selector;
  }

  /// Throws ContractViolation if a choice is empty, AUTO, or none that the data or a baseline have.
  static Chosen choices(const Selector& selector, const std::vector<Problem>& problems, const Dataset& dataset) {
    const auto known = dataset.strategies();
    const auto baseline = baseline_strategy(dataset);
    Chosen chosen;
    for (const auto& problem : problems) {
      chosen.push_back(selector.select(problem));
      const auto& name = chosen.back();
      const bool is_known = name == baseline || std::find(known.begin(), known.end(), name) != known.end();
      if (name.empty() || name == "AUTO" || !is_known) {
        throw ContractViolation(fmt::format("{}: it chose \"{}\"", to_string(problem), name));
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
        throw ContractViolation(fmt::format("{}: it chose {}, which failed there", to_string(problem), name));
      }
    }
  }

  [[nodiscard]] std::string choose() const {
    const auto dataset = sample_dataset(1);
    const auto heuristic = subject_.make<Heuristic>();
    const auto selector = fit(dataset);
    const auto asked = measured(dataset);
    const auto others = unmeasured();
    static_cast<void>(choices(*selector, asked, dataset));
    static_cast<void>(choices(*selector, others, dataset));
    return fmt::format("{} measured, {} others", asked.size(), others.size());
  }

  [[nodiscard]] std::string avoid() const {
    std::size_t cells = 0;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      const auto dataset = sample_dataset(seed);
      expect_usable(*fit(dataset), dataset);
      cells += dataset.cells().size();
    }
    return fmt::format("{} cells", cells);
  }

  [[nodiscard]] std::string repeat() const {
    const auto dataset = sample_dataset(4);
    auto rows = dataset.rows();
    std::reverse(rows.begin(), rows.end());
    Dataset backwards(dataset.machine());
    for (auto& row : rows) backwards.add(row);
    const auto problems = measured(dataset);
    const auto first = choices(*fit(dataset), problems, dataset);
    const auto again = choices(*fit(dataset), problems, dataset);
    const auto turned = choices(*fit(backwards), problems, dataset);
    for (std::size_t i = 0; i < problems.size(); ++i) {
      if (first[i] == again[i] && first[i] == turned[i]) continue;
      throw ContractViolation(fmt::format("{}: it chose {}, then {}, and {} with the rows backwards",
                                          to_string(problems[i]), first[i], again[i], turned[i]));
    }
    return fmt::format("{} problems", problems.size());
  }

  [[nodiscard]] std::string survive() const {
    const auto odd = odd_datasets();
    for (const auto& [what, dataset] : odd) {
      subject_.clauses.at(what);
      try {
        const auto selector = fit(dataset);
        static_cast<void>(choices(*selector, measured(dataset), dataset));
        static_cast<void>(choices(*selector, unmeasured(), dataset));
        expect_usable(*selector, dataset);
      } catch (const ContractViolation& broken) {
        throw ContractViolation(fmt::format("{}: {}", what, broken.what()));
      } catch (const Error& error) {
        if (std::string_view(error.what()).empty())
          throw ContractViolation(fmt::format("{}: an Error without a text", what));
      } catch (const std::exception& error) {
        throw ContractViolation(fmt::format("{}: it threw no Error: {}", what, error.what()));
      }
    }
    return fmt::format("{} datasets", odd.size());
  }

  [[nodiscard]] std::string share() const {
    const auto dataset = sample_dataset(5);
    const auto selector = fit(dataset);
    const auto problems = unmeasured();
    const auto alone = choices(*selector, problems, dataset);
    std::vector<Chosen> chosen(4);
    std::vector<std::thread> threads;
    for (auto& own : chosen) {
      threads.emplace_back([&] {
        for (const auto& problem : problems) own.push_back(selector->select(problem));
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& own : chosen) {
      if (own != alone) throw ContractViolation("four threads got other answers than one");
    }
    return "4 threads";
  }

  [[nodiscard]] std::string report() const {
    const auto selector = fit(sample_dataset(6));
    if (selector->name() != subject_.entry.name) {
      throw ContractViolation(fmt::format("its selector calls itself \"{}\"", selector->name()));
    }
    if (selector->report().empty()) throw ContractViolation("its report is empty");
    return {};
  }

  [[nodiscard]] std::string leak() const {
    constexpr int rounds = 8;
    const auto dataset = sample_dataset(7);
    const auto problems = unmeasured();
    const auto left = leak_of(rounds, [&] {
      const auto selector = fit(dataset);
      for (const auto& problem : problems) static_cast<void>(selector->select(problem));
      static_cast<void>(selector->report());
    });
    if (!left.empty()) throw ContractViolation("fitted and asked, it leaves " + left);
    return {};
  }

  PluginUnderTest& subject_;
};

}  // namespace

void check_heuristic(PluginUnderTest& subject) { HeuristicCheck(subject).run(); }

}  // namespace arbiter
