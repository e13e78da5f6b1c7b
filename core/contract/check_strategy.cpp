// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <exception>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "contract/strategy_trials.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

namespace {

using Trials = StrategyTrials;

/// The contract of a strategy, each clause in groups of 2, 3, 4, ... ranks. Every clause makes a new strategy, so that
/// a violation does not affect the next clause.
class StrategyCheck {
 public:
  StrategyCheck(PluginUnderTest& plugin, const std::shared_ptr<Backend>& backend) : plugin_(plugin) {
    for (int tp_size = 2; tp_size <= plugin.world.all().size(); ++tp_size) {
      auto& group = groups_.emplace_back(plugin.world.first(tp_size));
      trials_.push_back(group == nullptr ? nullptr : std::make_unique<Trials>(plugin.plugins, backend, *group));
    }
  }

  void run() {
    auto& checker = plugin_.checker;
    expect("supports() gives the same answer on every rank, without communicating, and a reason for every no",
           &StrategyCheck::check_support);
    if (checker.violations() > 0) return;
    checker.expect_on_root("it supports some problem", [this] {
      if (supported_ == 0) throw ContractViolation("it supports none of the tested problems");
      return fmt::format("{} of the tested problems", supported_);
    });
    if (checker.violations() > 0) return;
    expect("prepare() succeeds for every problem that it supports", &StrategyCheck::prepare_each);
    if (checker.violations() > 0) return;
    expect("the sum is correct, on ragged shapes, and bit-identical on every rank", &StrategyCheck::verify_values);
    sums_are_right_ = checker.violations() == 0;
    if (plugin_.make<Strategy>()->numerics() == Numerics::fp32_rank_order) {
      expect_if_sums_are_right("the sum has the bits of fp32 additions in rank order, as numerics() states",
                               &StrategyCheck::verify_rank_order);
    }
    expect_if_sums_are_right("the sum is correct for NaN, infinities, zeros, subnormals and the largest values",
                             &StrategyCheck::verify_special_values);
    expect_if_sums_are_right("the results of every fusion are correct", &StrategyCheck::fuse);
    expect_if_sums_are_right("a prepared operation can run again, on other data", &StrategyCheck::run_again);
    expect_if_sums_are_right("operations of different shapes can be prepared together and run back to back",
                             &StrategyCheck::run_back_to_back);
    expect("it waits for a late rank", &StrategyCheck::wait_for_late_rank);
    expect_if_sums_are_right("a rank later than the timeout causes TimeoutError, never a wrong result",
                             &StrategyCheck::time_out);
    if (unbounded_) checker.note("it waits for a late rank longer than Preparation::timeout, as libraries do");
    expect("enqueue(), prepare() and destruction leak nothing", &StrategyCheck::check_leaks);
  }

 private:
  /// Returns how many problems it tried.
  using Test = int (StrategyCheck::*)(Trials&);

  void expect(const std::string& clause, Test test) {
    plugin_.checker.expect(clause, [&] { return in_groups([&](Trials& trials) { return (this->*test)(trials); }); });
  }

  /// For clauses that fail for the same reason where the plain sum is wrong.
  void expect_if_sums_are_right(const std::string& clause, Test test) {
    if (sums_are_right_) return expect(clause, test);
    plugin_.checker.pass_over(clause);
  }

  [[nodiscard]] std::string in_groups(const std::function<int(Trials&)>& test) {
    int tried = 0;
    for (auto& trials : trials_) {
      // Ranks outside of the group sleep until it is done, which leaves it the cores.
      std::exception_ptr failure;
      try {
        if (trials != nullptr) tried += test(*trials);
      } catch (...) {
        failure = std::current_exception();
      }
      plugin_.world.wait_quietly();
      ContractChecker::collectively(plugin_.world.all(), [&] {
        if (failure) std::rethrow_exception(failure);
      });
    }
    return fmt::format("{} problems on 2 to {} ranks", tried, plugin_.world.all().size());
  }

  [[nodiscard]] int each_problem(Trials& trials, const std::function<void(Strategy&, const Problem&)>& test) {
    const auto strategy = plugin_.make<Strategy>();
    int tried = 0;
    for (const auto& problem : Trials::problems(trials.group().size())) {
      if (!trials.supports(*strategy, problem)) continue;
      plugin_.checker.set_case(to_string(problem));
      test(*strategy, problem);
      ++tried;
    }
    return tried;
  }

  [[nodiscard]] std::vector<Problem> supported(Trials& trials, const Strategy& strategy) {
    auto problems = Trials::few_problems(trials.group().size());
    std::erase_if(problems, [&](const auto& problem) { return !trials.supports(strategy, problem); });
    return problems;
  }

  [[nodiscard]] int check_support(Trials& trials) {
    const auto strategy = plugin_.make<Strategy>();
    int supported = 0;
    for (const auto& problem : Trials::problems(trials.group().size())) {
      const auto support = trials.supports(*strategy, problem);
      supported += support ? 1 : 0;
      const auto all = trials.group().all_gather(support ? std::string("yes") : "no: " + support.reason);
      for (std::size_t rank = 0; rank < all.size(); ++rank) {
        if (all[rank] == all[0]) continue;
        throw ContractViolation(
            fmt::format(R"({}: rank 0 says "{}", rank {} "{}")", to_string(problem), all[0], rank, all[rank]));
      }
      if (!support && support.reason == no_reason_given) {
        throw ContractViolation(fmt::format("{}: not supported, and no reason given", to_string(problem)));
      }
    }
    supported_ += supported;
    return static_cast<int>(Trials::problems(trials.group().size()).size());
  }

  [[nodiscard]] int prepare_each(Trials& trials) {
    return each_problem(trials, [&](Strategy& strategy, const Problem& problem) {
      static_cast<void>(trials.prepare(strategy, problem));
    });
  }

  [[nodiscard]] int verify_values(Trials& trials) { return verify_each(trials, {1, false}); }
  [[nodiscard]] int verify_special_values(Trials& trials) { return verify_each(trials, {2, true}); }

  [[nodiscard]] int verify_each(Trials& trials, const TestData& data) {
    return each_problem(trials, [&](Strategy& strategy, const Problem& problem) {
      const auto operation = trials.prepare(strategy, problem);
      const auto tensors = trials.tensors(problem, data);
      trials.run_and_judge(strategy, *operation, problem, *tensors);
    });
  }

  [[nodiscard]] int verify_rank_order(Trials& trials) {
    return each_problem(trials, [&](Strategy& strategy, const Problem& problem) {
      const auto operation = trials.prepare(strategy, problem);
      const auto tensors = trials.tensors(problem, {1, false});
      trials.expect_rank_order(*operation, problem, *tensors);
    });
  }

  [[nodiscard]] int fuse(Trials& trials) {
    const auto strategy = plugin_.make<Strategy>();
    int tried = 0;
    for (const auto& [name, fusion] : trials.fusions()) {
      for (auto problem : Trials::few_problems(trials.group().size())) {
        problem.fusion = name;
        if (!fusion->supports(problem) || !trials.supports(*strategy, problem)) continue;
        plugin_.checker.set_case(to_string(problem));
        const auto operation = trials.prepare(*strategy, problem);
        const auto tensors = trials.tensors(problem, {3, false});
        trials.run_and_judge(*strategy, *operation, problem, *tensors);
        ++tried;
      }
    }
    return tried;
  }

  [[nodiscard]] int run_again(Trials& trials) {
    const auto strategy = plugin_.make<Strategy>();
    const auto problems = supported(trials, *strategy);
    for (const auto& problem : problems) {
      plugin_.checker.set_case(to_string(problem));
      const auto operation = trials.prepare(*strategy, problem);
      for (const std::uint64_t seed : {4U, 5U, 6U}) {
        const auto tensors = trials.tensors(problem, {seed, false});
        for (int repetition = 0; repetition < 3; ++repetition)
          trials.run_and_judge(*strategy, *operation, problem, *tensors);
      }
    }
    return static_cast<int>(problems.size());
  }

  [[nodiscard]] int run_back_to_back(Trials& trials) {
    const auto strategy = plugin_.make<Strategy>();
    const auto problems = supported(trials, *strategy);
    if (problems.empty()) return 0;
    std::vector<std::unique_ptr<Operation>> operations;
    std::vector<std::unique_ptr<ProblemTensors>> tensors;
    for (const auto& problem : problems) {
      operations.push_back(trials.prepare(*strategy, problem));
      tensors.push_back(trials.tensors(problem, {7, false}));
      tensors.back()->poison_outputs();
    }
    // The order is the same on every rank, the pauses are not.
    std::mt19937 order(1);
    std::mt19937 pauses(static_cast<std::mt19937::result_type>(trials.group().rank()));
    ContractChecker::collectively(trials.group(), [&] {
      for (int round = 0; round < 60; ++round) {
        const auto which = order() % problems.size();
        plugin_.checker.set_case(to_string(problems[which]));
        if (pauses() % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds(pauses() % 300));
        trials.backend().run(*operations[which], tensors[which]->bindings());
      }
    });
    for (std::size_t i = 0; i < problems.size(); ++i) trials.judge_result(*strategy, problems[i], *tensors[i]);
    return static_cast<int>(problems.size());
  }

  [[nodiscard]] int wait_for_late_rank(Trials& trials) {
    const auto strategy = plugin_.make<Strategy>();
    const auto problems = supported(trials, *strategy);
    for (const auto& problem : problems) {
      const auto operation = trials.prepare(*strategy, problem);
      const auto tensors = trials.tensors(problem, {8, false});
      for (int late = 0; late < trials.group().size(); ++late) {
        plugin_.checker.set_case(fmt::format("{}, rank {} is late", to_string(problem), late));
        tensors->poison_outputs();
        trials.group().barrier();
        if (trials.group().rank() == late) std::this_thread::sleep_for(std::chrono::milliseconds(15));
        ContractChecker::collectively(trials.group(), [&] { trials.backend().run(*operation, tensors->bindings()); });
        trials.judge_result(*strategy, problem, *tensors);
      }
    }
    return static_cast<int>(problems.size());
  }

  [[nodiscard]] int time_out(Trials& trials) {
    constexpr auto timeout = std::chrono::milliseconds(100);
    const auto probe = plugin_.make<Strategy>();
    auto problems = supported(trials, *probe);
    if (problems.size() > 2) problems.resize(2);
    for (const auto& problem : problems) {
      plugin_.checker.set_case(to_string(problem));
      const auto strategy = plugin_.make<Strategy>();
      const auto operation = trials.prepare(*strategy, problem, timeout);
      const auto tensors = trials.tensors(problem, {9, false});
      tensors->poison_outputs();
      trials.group().barrier();
      if (trials.group().rank() == trials.group().size() - 1) std::this_thread::sleep_for(4 * timeout);
      bool timed_out = false;
      std::string other;
      try {
        trials.backend().run(*operation, tensors->bindings());
      } catch (const TimeoutError&) {
        timed_out = true;
      } catch (...) {
        other = what_was_thrown();
      }
      ContractChecker::collectively(trials.group(), [&] {
        if (!other.empty()) throw ContractViolation(fmt::format("{}: it threw \"{}\"", to_string(problem), other));
      });
      if (trials.group().max(timed_out ? 1.0 : 0.0) > 0.0) continue;
      trials.judge_result(*strategy, problem, *tensors);
      unbounded_ = true;
    }
    return static_cast<int>(problems.size());
  }

  [[nodiscard]] int check_leaks(Trials& trials) {
    constexpr int rounds = 8;
    const auto probe = plugin_.make<Strategy>();
    const auto problems = supported(trials, *probe);
    for (const auto& problem : problems) {
      plugin_.checker.set_case(to_string(problem));
      const auto tensors = trials.tensors(problem, {10, false});
      // What leaks now and then shows on small messages, whose runs cost little.
      const int runs = problem.message_bytes() <= 1024 ? 64 : 8;
      ContractChecker::collectively(trials.group(), [&] {
        const auto strategy = plugin_.make<Strategy>();
        const auto operation = trials.prepare(*strategy, problem);
        expect_no_leak(fmt::format("{}, {} runs of an operation", to_string(problem), runs), rounds, [&] {
          for (int run = 0; run < runs; ++run) trials.backend().run(*operation, tensors->bindings());
        });
      });
      ContractChecker::collectively(trials.group(), [&] {
        expect_no_leak(fmt::format("{}, a strategy and its operation", to_string(problem)), rounds, [&] {
          const auto strategy = plugin_.make<Strategy>();
          const auto operation = trials.prepare(*strategy, problem);
          trials.backend().run(*operation, tensors->bindings());
        });
      });
    }
    return static_cast<int>(problems.size());
  }

  PluginUnderTest& plugin_;
  std::vector<std::unique_ptr<ProcessGroup>> groups_;  // null on ranks outside
  std::vector<std::unique_ptr<Trials>> trials_;        // beside the groups
  int supported_ = 0;
  bool sums_are_right_ = false;
  bool unbounded_ = false;
};

}  // namespace

void check_strategy(PluginUnderTest& plugin) {
  std::shared_ptr<Backend> backend;
  plugin.checker.expect("its backend is available here", [&]() -> std::string {
    backend = make_plugin<Backend>(plugin.plugins, PluginKind::backend, plugin.entry.backend);
    if (const auto available = backend->available(); !available) throw ContractViolation(available.reason);
    return plugin.entry.backend;
  });
  if (plugin.checker.violations() == 0) StrategyCheck(plugin, backend).run();
}

}  // namespace arbiter
