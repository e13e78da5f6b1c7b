// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <thread>

#include <fmt/format.h>

#include "config/interpreter.hpp"
#include "contract/fusion_trial.hpp"
#include "contract/strategy_trials.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

namespace {

/// The contract of a fusion: alone on rank 0, then in every installed strategy.
class FusionCheck {
 public:
  explicit FusionCheck(PluginUnderTest& plugin) : plugin_(plugin), fusion_(plugin.make<Fusion>()) {
    for (const auto dtype : {DType::bfloat16, DType::float16, DType::float32}) {
      for (const std::int64_t hidden_size : {1, 7, 8, 33, 64, 100, 1000, 2880, 4096}) {
        for (const std::int64_t num_tokens : {1, 6, 13}) {
          const Problem problem{2, dtype, plugin.entry.name, hidden_size, num_tokens};
          ++asked_;
          if (const auto support = fusion_->supports(problem)) {
            problems_.push_back(problem);
          } else if (support.reason == no_reason_given) {
            unexplained_ = to_string(problem);
          }
        }
      }
    }
  }

  void run() {
    auto& checker = plugin_.checker;
    checker.expect("supports() accepts some problem and gives a reason for every other", [this] {
      if (!unexplained_.empty()) throw ContractViolation(unexplained_ + ": not supported, and no reason given");
      if (problems_.empty()) throw ContractViolation("it supports none of the tested problems");
      return fmt::format("{} of {}", problems_.size(), asked_);
    });
    if (checker.violations() > 0) return;
    expect("tensors() returns unique names, has an output, and is the same on every call", &FusionCheck::check_tensors);
    if (checker.violations() > 0) return;
    expect("the epilogue matches the double-precision reference", &FusionCheck::compare);
    const bool matches = checker.violations() == 0;
    const std::string special = "it matches for NaN, infinities, zeros, subnormals and the largest values";
    if (matches) {
      expect(special, &FusionCheck::compare_special_values);
    } else {
      checker.pass_over(special);
    }
    expect("check_row() rejects a wrong output", &FusionCheck::reject_wrong_output);
    expect("the epilogue writes its outputs only, and begin_row() none of them", &FusionCheck::check_writes);
    expect("rows depend neither on their order nor on the epilogue that begins them", &FusionCheck::reorder);
    expect("finish_row() accepts a row of an output as `epilogue_state`", &FusionCheck::finish_in_place);
    expect("threads can share an epilogue", &FusionCheck::share_between_threads);
    expect("epilogues leak nothing", &FusionCheck::check_leaks);
    const std::string in_strategies = "it is correct in every strategy, fused or as a separate pass";
    if (matches) {
      checker.expect(in_strategies, [this] { return run_in_strategies(); });
    } else {
      checker.pass_over(in_strategies);
    }
    if (!fusion_->device_epilogue(problems_.front()).code.empty()) {
      checker.note("its device epilogue was not linked and not run: only the --check of a cuda strategy does that");
    }
  }

 private:
  using Test = void (FusionCheck::*)(const Problem&);

  void expect(const std::string& clause, Test test) {
    plugin_.checker.expect_on_root(clause, [&] {
      for (const auto& problem : problems_) {
        plugin_.checker.set_case(to_string(problem));
        (this->*test)(problem);
      }
      return fmt::format("{} problems", problems_.size());
    });
  }

  void check_tensors(const Problem& problem) {
    const auto specs = fusion_->tensors(problem);
    const auto again = fusion_->tensors(problem);
    std::set<std::string> names;
    bool any_output = false;
    const auto require = [&](bool holds, const std::string& text) {
      if (!holds) throw ContractViolation(fmt::format("{}: {}", to_string(problem), text));
    };
    require(specs.size() == again.size(), "a second call returns other tensors");
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto& spec = specs[i];
      any_output = any_output || spec.role == TensorRole::output;
      require(names.insert(spec.name).second, "the name \"" + spec.name + "\" is not unique");
      require(spec.units >= 1, fmt::format("{} has {} units", spec.name, spec.units));
      require(spec.name == again[i].name && spec.units == again[i].units, "a second call returns other tensors");
      if (spec.role == TensorRole::output) continue;
      require(spec.fill_low < spec.fill_high,
              fmt::format("the input {} is filled from {} to {}", spec.name, spec.fill_low, spec.fill_high));
      require(i == 0 || specs[i - 1].role != TensorRole::output,
              fmt::format("the input {} follows an output; inputs come first", spec.name));
      require(spec.dtype == DType::bfloat16 || spec.dtype == DType::float16 || spec.dtype == DType::float32,
              fmt::format("the input {} is {}; allowed: bfloat16, float16, float32", spec.name, name_of(spec.dtype)));
    }
    require(any_output, "it has no output");
  }

  void compare(const Problem& problem) {
    FusionTrial trial(*fusion_, problem, 1, false);
    trial.run(*fusion_->host_epilogue(problem));
    trial.expect_correct();
  }

  void compare_special_values(const Problem& problem) {
    FusionTrial trial(*fusion_, problem, 2, true);
    trial.run(*fusion_->host_epilogue(problem));
    trial.expect_correct();
  }

  void reject_wrong_output(const Problem& problem) {
    const auto made = fusion_->host_epilogue(problem);
    FusionTrial trial(*fusion_, problem, 3, false);
    for (std::size_t i = 0; i < trial.specs().size(); ++i) {
      if (trial.specs()[i].role != TensorRole::output) continue;
      trial.run(*made);
      trial.poison_output(i);
      if (trial.check(0) > 1.0) continue;
      throw ContractViolation(fmt::format("{}: {} was overwritten with bytes 0xff, and check_row() accepted it",
                                          to_string(problem), trial.specs()[i].name));
    }
  }

  void check_writes(const Problem& problem) {
    const auto made = fusion_->host_epilogue(problem);
    FusionTrial trial(*fusion_, problem, 4, false);
    for (std::int64_t row = 0; row < problem.num_tokens; ++row) trial.begin(*made, row);
    trial.expect_outputs_untouched("begin_row()");
    for (std::int64_t row = 0; row < problem.num_tokens; ++row) trial.finish(*made, row);
    trial.expect_untouched();
  }

  void expect_same(const FusionTrial& one, const FusionTrial& other, const std::string& difference) const {
    if (one.outputs() == other.outputs()) return;
    throw ContractViolation(fmt::format("{}: {} changes the result", to_string(one.problem()), difference));
  }

  void reorder(const Problem& problem) {
    const auto first = fusion_->host_epilogue(problem);
    const auto second = fusion_->host_epilogue(problem);
    FusionTrial forwards(*fusion_, problem, 5, false);
    FusionTrial backwards(*fusion_, problem, 5, false);
    forwards.run(*first);
    for (std::int64_t row = problem.num_tokens; row-- > 0;) backwards.begin(*first, row);
    for (std::int64_t row = problem.num_tokens; row-- > 0;) backwards.finish(*second, row);
    expect_same(forwards, backwards, "the reverse order of rows, begun by one epilogue and finished by another,");
  }

  void finish_in_place(const Problem& problem) {
    const auto made = fusion_->host_epilogue(problem);
    FusionTrial separate(*fusion_, problem, 6, false);
    separate.run(*made);
    for (std::size_t i = 0; i < separate.specs().size(); ++i) {
      const auto& spec = separate.specs()[i];
      const bool holds_rows =
          spec.role == TensorRole::output && spec.dtype == problem.dtype && spec.units == problem.elements();
      if (!holds_rows) continue;
      FusionTrial in_place(*fusion_, problem, 6, false);
      for (std::int64_t row = 0; row < problem.num_tokens; ++row) {
        in_place.begin(*made, row);
        in_place.finish_in_place(*made, row, i);
      }
      expect_same(separate, in_place, fmt::format("a row of {} as `epilogue_state`", spec.name));
      return;
    }
  }

  void share_between_threads(const Problem& problem) {
    const auto made = fusion_->host_epilogue(problem);
    FusionTrial single(*fusion_, problem, 7, false);
    single.run(*made);
    FusionTrial one(*fusion_, problem, 7, false);
    FusionTrial other(*fusion_, problem, 7, false);
    constexpr int repetitions = 3;
    std::thread helper([&] {
      for (int i = 0; i < repetitions; ++i) one.run(*made);
    });
    for (int i = 0; i < repetitions; ++i) other.run(*made);
    helper.join();
    expect_same(single, one, "a second thread with the same epilogue");
    expect_same(single, other, "a second thread with the same epilogue");
  }

  void check_leaks(const Problem& problem) {
    FusionTrial trial(*fusion_, problem, 8, false);
    expect_no_leak(fmt::format("{}, 16 fusions and epilogues", to_string(problem)), 8, [&] {
      for (int i = 0; i < 16; ++i) {
        const auto fusion = plugin_.make<Fusion>();
        trial.run(*fusion->host_epilogue(problem));
      }
    });
  }

  [[nodiscard]] std::string run_in_strategies() {
    constexpr int ranks = 3;
    const auto group = plugin_.world.first(std::min(ranks, plugin_.world.all().size()));
    std::string names;
    ContractChecker::collectively(plugin_.world.all(), [&] {
      if (group == nullptr) return;
      const auto backend = make_plugin<Backend>(plugin_.plugins, PluginKind::backend, "host");
      StrategyTrials trials(plugin_.plugins, backend, *group);
      trials.set_fusion(plugin_.entry.name, fusion_);
      for (const auto& name : plugin_.plugins.names(PluginKind::strategy, backend->name())) {
        if (needs_interpreter(*plugin_.plugins.find(PluginKind::strategy, name, backend->name()))) continue;
        const auto strategy =
            make_plugin<Strategy>(plugin_.plugins, PluginKind::strategy, name, std::nullopt, backend->name());
        bool separate = false;
        for (auto problem : StrategyTrials::few_problems(group->size())) {
          problem.fusion = plugin_.entry.name;
          separate = separate || !strategy->fuses(problem);
          if (!fusion_->supports(problem) || !trials.supports(*strategy, problem)) continue;
          plugin_.checker.set_case(fmt::format("{}: {}", name, to_string(problem)));
          const auto operation = trials.prepare(*strategy, problem);
          const auto tensors = trials.tensors(problem, {9, false});
          try {
            trials.run_and_judge(*strategy, *operation, problem, *tensors);
          } catch (const ViolationOnAllRanks& violation) {
            throw ViolationOnAllRanks(fmt::format("in {}: {}", name, violation.what()));
          }
        }
        names += (names.empty() ? "" : ", ") + name + (separate ? " (separate pass)" : "");
      }
    });
    return names;
  }

  PluginUnderTest& plugin_;
  std::shared_ptr<Fusion> fusion_;
  std::vector<Problem> problems_;
  std::size_t asked_ = 0;
  std::string unexplained_;
};

}  // namespace

void check_fusion(PluginUnderTest& plugin) { FusionCheck(plugin).run(); }

}  // namespace arbiter
