#include <set>
#include <thread>

#include <fmt/format.h>

#include "contract/fusion_trial.hpp"
#include "contract/process_resources.hpp"
#include "contract/strategy_trials.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

namespace {

/// The clauses of a fusion's contract: by itself on rank 0, then inside every installed strategy that fuses.
class FusionCheck {
 public:
  explicit FusionCheck(PluginUnderTest& subject) : subject_(subject), fusion_(subject.make<Fusion>()) {
    for (const auto dtype : {DType::bfloat16, DType::float16, DType::float32}) {
      for (const std::int64_t hidden_size : {1, 7, 8, 33, 64, 100, 1000, 2880, 4096}) {
        for (const std::int64_t num_tokens : {1, 6, 13}) {
          const Problem problem{2, dtype, subject.entry.name, hidden_size, num_tokens};
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
    auto& clauses = subject_.clauses;
    clauses.hold("supports() admits some problem, and gives a reason for each other", [this] {
      if (!unexplained_.empty()) throw ContractViolation(unexplained_ + ": not supported, and no reason given");
      if (problems_.empty()) throw ContractViolation("it supports none of the problems it was asked about");
      return fmt::format("{} of {}", problems_.size(), asked_);
    });
    if (clauses.broken() > 0) return;
    hold("tensors() names each tensor, has an output, and says the same each time", &FusionCheck::ask_tensors);
    if (clauses.broken() > 0) return;
    hold("the epilogue agrees with the double-precision reference", &FusionCheck::compare);
    hold("it does so for NaN, infinities, zeros, subnormals and the largest values", &FusionCheck::compare_hostile);
    hold("check_row() notices an output that is wrong", &FusionCheck::spoil);
    hold("it writes its own outputs only, begin_row() none", &FusionCheck::watch_writes);
    hold("rows do not depend on each other, nor on who begins and who finishes them", &FusionCheck::reorder);
    hold("finish_row() may get a row of an output as `epilogue_state`", &FusionCheck::finish_in_place);
    hold("threads may share an epilogue", &FusionCheck::share);
    hold("epilogues leave nothing behind", &FusionCheck::leak);
    clauses.hold("it runs in every strategy, fused or as a pass of its own", [this] { return run_in_strategies(); });
  }

 private:
  using Test = void (FusionCheck::*)(const Problem&);

  void hold(const std::string& clause, Test test) {
    subject_.clauses.hold_on_root(clause, [&] {
      for (const auto& problem : problems_) {
        subject_.clauses.at(to_string(problem));
        (this->*test)(problem);
      }
      return fmt::format("{} problems", problems_.size());
    });
  }

  void ask_tensors(const Problem& problem) {
    const auto specs = fusion_->tensors(problem);
    const auto again = fusion_->tensors(problem);
    std::set<std::string> names;
    bool any_output = false;
    const auto broken = [&](const std::string& text) {
      throw ContractViolation(fmt::format("{}: {}", to_string(problem), text));
    };
    if (specs.size() != again.size()) broken("asked twice, it names different tensors");
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto& spec = specs[i];
      any_output = any_output || spec.role == TensorRole::output;
      if (spec.name.empty() || !names.insert(spec.name).second) broken("the name \"" + spec.name + "\" is not unique");
      if (spec.units < 1) broken(fmt::format("{} has {} units", spec.name, spec.units));
      if (spec.role == TensorRole::input && !(spec.fill_low < spec.fill_high)) {
        broken(fmt::format("{} is to be filled from {} to {}", spec.name, spec.fill_low, spec.fill_high));
      }
      if (spec.role == TensorRole::input && i > 0 && specs[i - 1].role == TensorRole::output) {
        broken(fmt::format("the input {} stands behind an output; inputs come first", spec.name));
      }
      if (spec.role == TensorRole::input && !is_message_dtype(spec.dtype)) {
        broken(
            fmt::format("the input {} is {}; inputs are bfloat16, float16 or float32", spec.name, name_of(spec.dtype)));
      }
      if (spec.name != again[i].name || spec.units != again[i].units) broken("asked twice, it names different tensors");
    }
    if (!any_output) broken("it has no output");
  }

  [[nodiscard]] static bool is_message_dtype(DType dtype) {
    return dtype == DType::bfloat16 || dtype == DType::float16 || dtype == DType::float32;
  }

  [[nodiscard]] std::unique_ptr<HostEpilogue> epilogue(const Problem& problem) const {
    auto made = fusion_->host_epilogue(problem);
    if (made == nullptr) throw ContractViolation(fmt::format("{}: host_epilogue() made nothing", to_string(problem)));
    return made;
  }

  void compare(const Problem& problem) {
    FusionTrial trial(*fusion_, problem, 1, false);
    trial.run(*epilogue(problem));
    trial.expect_right();
  }

  void compare_hostile(const Problem& problem) {
    FusionTrial trial(*fusion_, problem, 2, true);
    trial.run(*epilogue(problem));
    trial.expect_right();
  }

  void spoil(const Problem& problem) {
    const auto made = epilogue(problem);
    FusionTrial trial(*fusion_, problem, 3, false);
    for (std::size_t i = 0; i < trial.specs().size(); ++i) {
      if (trial.specs()[i].role != TensorRole::output) continue;
      trial.run(*made);
      trial.poison_output(i);
      if (trial.check(0) > 1.0) continue;
      throw ContractViolation(fmt::format("{}: {} was overwritten with bytes 0xff, and check_row() passed it",
                                          to_string(problem), trial.specs()[i].name));
    }
  }

  void watch_writes(const Problem& problem) {
    const auto made = epilogue(problem);
    FusionTrial trial(*fusion_, problem, 4, false);
    for (std::int64_t row = 0; row < problem.num_tokens; ++row) trial.begin(*made, row);
    trial.expect_outputs_untouched("begin_row()");
    for (std::int64_t row = 0; row < problem.num_tokens; ++row) trial.finish(*made, row);
    trial.expect_untouched();
  }

  void expect_same(const FusionTrial& one, const FusionTrial& other, const std::string& difference) const {
    if (one.outputs() == other.outputs()) return;
    throw ContractViolation(fmt::format("{}: {} gives other bits", to_string(one.problem()), difference));
  }

  void reorder(const Problem& problem) {
    const auto first = epilogue(problem);
    const auto second = epilogue(problem);
    FusionTrial forwards(*fusion_, problem, 5, false);
    FusionTrial backwards(*fusion_, problem, 5, false);
    forwards.run(*first);
    for (std::int64_t row = problem.num_tokens; row-- > 0;) backwards.begin(*first, row);
    for (std::int64_t row = problem.num_tokens; row-- > 0;) backwards.finish(*second, row);
    expect_same(forwards, backwards, "taking the rows backwards, begun by one epilogue and finished by another,");
  }

  void finish_in_place(const Problem& problem) {
    const auto made = epilogue(problem);
    FusionTrial apart(*fusion_, problem, 6, false);
    apart.run(*made);
    for (std::size_t i = 0; i < apart.specs().size(); ++i) {
      const auto& spec = apart.specs()[i];
      const bool holds_rows =
          spec.role == TensorRole::output && spec.dtype == problem.dtype && spec.units == problem.elements();
      if (!holds_rows) continue;
      FusionTrial in_place(*fusion_, problem, 6, false);
      for (std::int64_t row = 0; row < problem.num_tokens; ++row) {
        in_place.begin(*made, row);
        in_place.finish_in_place(*made, row, i);
      }
      expect_same(apart, in_place, fmt::format("a row of {} as `epilogue_state`", spec.name));
      return;
    }
  }

  void share(const Problem& problem) {
    const auto made = epilogue(problem);
    FusionTrial alone(*fusion_, problem, 7, false);
    alone.run(*made);
    FusionTrial one(*fusion_, problem, 7, false);
    FusionTrial other(*fusion_, problem, 7, false);
    constexpr int repetitions = 3;
    std::thread helper([&] {
      for (int i = 0; i < repetitions; ++i) one.run(*made);
    });
    for (int i = 0; i < repetitions; ++i) other.run(*made);
    helper.join();
    expect_same(alone, one, "a second thread with the same epilogue");
    expect_same(alone, other, "a second thread with the same epilogue");
  }

  void leak(const Problem& problem) {
    constexpr int rounds = 8;
    constexpr int lives = 16;
    FusionTrial trial(*fusion_, problem, 8, false);
    const auto left = leak_of(rounds, [&] {
      for (int i = 0; i < lives; ++i) {
        const auto fusion = subject_.make<Fusion>();
        trial.run(*fusion->host_epilogue(problem));
      }
    });
    if (!left.empty())
      throw ContractViolation(fmt::format("{}: {} lives of it leave {}", to_string(problem), lives, left));
  }

  [[nodiscard]] std::string run_in_strategies() {
    constexpr int ranks = 3;
    const auto group = subject_.world.first(std::min(ranks, subject_.world.all().size()));
    std::string names;
    ContractChecker::together(subject_.world.all(), [&] {
      if (group == nullptr) return;
      const auto backend = make_plugin<Backend>(subject_.plugins, PluginKind::backend, "host");
      StrategyTrials trials(subject_.plugins, backend, *group);
      trials.set_fusion(subject_.entry.name, fusion_);
      for (const auto& name : subject_.plugins.names(PluginKind::strategy, backend->name())) {
        if (name == "AUTO") continue;
        const auto strategy =
            make_plugin<Strategy>(subject_.plugins, PluginKind::strategy, name, std::nullopt, backend->name());
        for (auto problem : StrategyTrials::few_problems(group->size())) {
          problem.fusion = subject_.entry.name;
          if (!fusion_->supports(problem) || !trials.supports(*strategy, problem)) continue;
          subject_.clauses.at(fmt::format("{}: {}", name, to_string(problem)));
          const auto operation = trials.prepare(*strategy, problem);
          const auto tensors = trials.tensors(problem, {9, false});
          try {
            trials.run_and_judge(*operation, problem, *tensors);
          } catch (const ViolationOnAllRanks& broken) {
            throw ViolationOnAllRanks(fmt::format("in {}: {}", name, broken.what()));
          }
        }
        names += (names.empty() ? "" : ", ") + name + (strategy->fuses() ? "" : " (a pass of its own)");
      }
    });
    return names;
  }

  PluginUnderTest& subject_;
  std::shared_ptr<Fusion> fusion_;
  std::vector<Problem> problems_;
  std::size_t asked_ = 0;
  std::string unexplained_;
};

}  // namespace

void check_fusion(PluginUnderTest& subject) { FusionCheck(subject).run(); }

}  // namespace arbiter
