#include <algorithm>
#include <exception>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "contract/process_resources.hpp"
#include "contract/strategy_trials.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

namespace {

using Trials = StrategyTrials;

/// The clauses of a strategy's contract, each in groups of 2, 3, 4, ... ranks. Every clause starts with a fresh object,
/// so that one it breaks leaves the next alone.
class StrategyCheck {
 public:
  StrategyCheck(PluginUnderTest& subject, const std::shared_ptr<Backend>& backend) : subject_(subject) {
    for (int tp_size = 2; tp_size <= subject.world.all().size(); ++tp_size) {
      auto& group = groups_.emplace_back(subject.world.first(tp_size));
      trials_.push_back(group == nullptr ? nullptr : std::make_unique<Trials>(subject.plugins, backend, *group));
    }
  }

  void run() {
    auto& clauses = subject_.clauses;
    clauses.hold("supports() says the same on every rank, without communicating, and why not",
                 [this] { return in_groups([this](Trials& trials) { return ask(trials); }); });
    if (clauses.broken() > 0) return;
    clauses.hold("it supports some problem", [this]() -> std::string {
      if (subject_.world.all().rank() == 0 && supported_ == 0)
        throw ContractViolation("it supports none that it was asked about");
      return subject_.world.all().rank() == 0 ? fmt::format("{} of those it was asked about", supported_) : "";
    });
    if (clauses.broken() > 0) return;
    clauses.hold("what it supports, it prepares", [this] {
      return each_problem([](Trials& trials, Strategy& strategy, const Problem& problem) {
        static_cast<void>(trials.prepare(strategy, problem));
      });
    });
    if (clauses.broken() > 0) return;
    clauses.hold("every element of a sum is right, on ragged shapes, with the same bits on every rank", [this] {
      return verify_each({1, false});
    });
    clauses.hold("NaN, infinities, zeros, subnormals and the largest values come out as their sum", [this] {
      return verify_each({2, true});
    });
    clauses.hold("every fusion's results are right",
                 [this] { return in_groups([this](Trials& trials) { return fuse(trials); }); });
    clauses.hold("a prepared operation can be run again, on other data",
                 [this] { return in_groups([this](Trials& trials) { return run_again(trials); }); });
    clauses.hold("operations of different shapes, prepared side by side, run back to back",
                 [this] { return in_groups([this](Trials& trials) { return back_to_back(trials); }); });
    clauses.hold("a rank that comes late is waited for",
                 [this] { return in_groups([this](Trials& trials) { return wait_for_late(trials); }); });
    clauses.hold("a rank that does not come in time ends in TimeoutError, never in a wrong result",
                 [this] { return in_groups([this](Trials& trials) { return give_up(trials); }); });
    if (unbounded_) clauses.note("it waits for a late rank longer than Preparation::timeout, as libraries do");
    clauses.hold("enqueue(), prepare() and its destruction leave nothing behind",
                 [this] { return in_groups([this](Trials& trials) { return leak(trials); }); });
  }

 private:
  [[nodiscard]] std::string in_groups(const std::function<int(Trials&)>& test) {
    int tried = 0;
    for (auto& trials : trials_) {
      // Ranks outside of a group wait for it, so that nobody is left alone in the next one; they leave it the cores.
      std::exception_ptr failure;
      try {
        if (trials != nullptr) tried += test(*trials);
      } catch (...) {
        failure = std::current_exception();
      }
      subject_.world.wait_quietly();
      ContractChecker::together(subject_.world.all(), [&] {
        if (failure) std::rethrow_exception(failure);
      });
    }
    return fmt::format("{} problems on 2 to {} ranks", tried, subject_.world.all().size());
  }

  [[nodiscard]] std::string each_problem(const std::function<void(Trials&, Strategy&, const Problem&)>& test) {
    return in_groups([&](Trials& trials) {
      const auto strategy = subject_.make<Strategy>();
      int tried = 0;
      for (const auto& problem : Trials::problems(trials.group().size())) {
        if (!trials.supports(*strategy, problem)) continue;
        subject_.clauses.at(to_string(problem));
        test(trials, *strategy, problem);
        ++tried;
      }
      return tried;
    });
  }

  [[nodiscard]] std::vector<Problem> supported(Trials& trials, const Strategy& strategy) {
    auto problems = Trials::few_problems(trials.group().size());
    std::erase_if(problems, [&](const auto& problem) { return !trials.supports(strategy, problem); });
    return problems;
  }

  [[nodiscard]] int ask(Trials& trials) {
    const auto strategy = subject_.make<Strategy>();
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

  [[nodiscard]] std::string verify_each(const TestData& data) {
    return each_problem([&](Trials& trials, Strategy& strategy, const Problem& problem) {
      const auto operation = trials.prepare(strategy, problem);
      const auto tensors = trials.tensors(problem, data);
      trials.run_and_judge(*operation, problem, *tensors);
    });
  }

  [[nodiscard]] int fuse(Trials& trials) {
    const auto strategy = subject_.make<Strategy>();
    int tried = 0;
    for (const auto& [name, fusion] : trials.fusions()) {
      for (auto problem : Trials::few_problems(trials.group().size())) {
        problem.fusion = name;
        if (!fusion->supports(problem) || !trials.supports(*strategy, problem)) continue;
        subject_.clauses.at(to_string(problem));
        const auto operation = trials.prepare(*strategy, problem);
        const auto tensors = trials.tensors(problem, {3, false});
        trials.run_and_judge(*operation, problem, *tensors);
        ++tried;
      }
    }
    return tried;
  }

  [[nodiscard]] int run_again(Trials& trials) {
    const auto strategy = subject_.make<Strategy>();
    const auto problems = supported(trials, *strategy);
    for (const auto& problem : problems) {
      subject_.clauses.at(to_string(problem));
      const auto operation = trials.prepare(*strategy, problem);
      for (const std::uint64_t seed : {4U, 5U, 6U}) {
        const auto tensors = trials.tensors(problem, {seed, false});
        for (int repetition = 0; repetition < 3; ++repetition) trials.run_and_judge(*operation, problem, *tensors);
      }
    }
    return static_cast<int>(problems.size());
  }

  [[nodiscard]] int back_to_back(Trials& trials) {
    const auto strategy = subject_.make<Strategy>();
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
    ContractChecker::together(trials.group(), [&] {
      for (int round = 0; round < 60; ++round) {
        const auto which = order() % problems.size();
        subject_.clauses.at(to_string(problems[which]));
        if (pauses() % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds(pauses() % 300));
        trials.backend().run(*operations[which], tensors[which]->bindings());
      }
    });
    for (std::size_t i = 0; i < problems.size(); ++i) trials.judge_result(problems[i], *tensors[i]);
    return static_cast<int>(problems.size());
  }

  [[nodiscard]] int wait_for_late(Trials& trials) {
    const auto strategy = subject_.make<Strategy>();
    const auto problems = supported(trials, *strategy);
    for (const auto& problem : problems) {
      const auto operation = trials.prepare(*strategy, problem);
      const auto tensors = trials.tensors(problem, {8, false});
      for (int late = 0; late < trials.group().size(); ++late) {
        subject_.clauses.at(fmt::format("{}, rank {} is late", to_string(problem), late));
        tensors->poison_outputs();
        trials.group().barrier();
        if (trials.group().rank() == late) std::this_thread::sleep_for(std::chrono::milliseconds(15));
        ContractChecker::together(trials.group(), [&] { trials.backend().run(*operation, tensors->bindings()); });
        trials.judge_result(problem, *tensors);
      }
    }
    return static_cast<int>(problems.size());
  }

  [[nodiscard]] int give_up(Trials& trials) {
    constexpr auto timeout = std::chrono::milliseconds(100);
    const auto probe = subject_.make<Strategy>();
    auto problems = supported(trials, *probe);
    if (problems.size() > 2) problems.resize(2);
    for (const auto& problem : problems) {
      subject_.clauses.at(to_string(problem));
      const auto strategy = subject_.make<Strategy>();
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
      ContractChecker::together(trials.group(), [&] {
        if (!other.empty()) throw ContractViolation(fmt::format("{}: it threw \"{}\"", to_string(problem), other));
      });
      if (trials.group().max(timed_out ? 1.0 : 0.0) > 0.0) continue;
      trials.judge_result(problem, *tensors);
      unbounded_ = true;
    }
    return static_cast<int>(problems.size());
  }

  [[nodiscard]] int leak(Trials& trials) {
    constexpr int rounds = 8;
    constexpr int runs = 64;
    const auto probe = subject_.make<Strategy>();
    const auto problems = supported(trials, *probe);
    for (const auto& problem : problems) {
      subject_.clauses.at(to_string(problem));
      const auto tensors = trials.tensors(problem, {10, false});
      const auto growth_of_runs = [&] {
        const auto strategy = subject_.make<Strategy>();
        const auto operation = trials.prepare(*strategy, problem);
        return leak_of(rounds, [&] {
          for (int run = 0; run < runs; ++run) trials.backend().run(*operation, tensors->bindings());
        });
      };
      const auto growth_of_lives = [&] {
        return leak_of(rounds, [&] {
          const auto strategy = subject_.make<Strategy>();
          const auto operation = trials.prepare(*strategy, problem);
          trials.backend().run(*operation, tensors->bindings());
        });
      };
      std::string runs_leak;
      std::string lives_leak;
      ContractChecker::together(trials.group(), [&] { runs_leak = growth_of_runs(); });
      ContractChecker::together(trials.group(), [&] { lives_leak = growth_of_lives(); });
      ContractChecker::together(trials.group(), [&] {
        if (!runs_leak.empty()) {
          throw ContractViolation(
              fmt::format("{}: {} runs of enqueue() leave {}", to_string(problem), runs, runs_leak));
        }
        if (!lives_leak.empty()) {
          throw ContractViolation(fmt::format("{}: an object, made, prepared, run and destroyed, leaves {}",
                                              to_string(problem), lives_leak));
        }
      });
    }
    return static_cast<int>(problems.size());
  }

  PluginUnderTest& subject_;
  std::vector<std::unique_ptr<ProcessGroup>> groups_;  // null on ranks outside
  std::vector<std::unique_ptr<Trials>> trials_;        // beside the groups
  int supported_ = 0;
  bool unbounded_ = false;
};

}  // namespace

void check_strategy(PluginUnderTest& subject) {
  std::shared_ptr<Backend> backend;
  subject.clauses.hold("its backend can be used here", [&]() -> std::string {
    backend = make_plugin<Backend>(subject.plugins, PluginKind::backend, subject.entry.backend);
    if (const auto available = backend->available(); !available) throw ContractViolation(available.reason);
    return subject.entry.backend;
  });
  if (subject.clauses.broken() == 0) StrategyCheck(subject, backend).run();
}

}  // namespace arbiter
