#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "launch/core_pinning.hpp"
#include "measure/measure_limits.hpp"
#include "pipeline/auto_choice.hpp"
#include "pipeline/decision.hpp"
#include "pipeline/log.hpp"
#include "pipeline/overseer.hpp"
#include "pipeline/problem_race.hpp"
#include "pipeline/progress.hpp"
#include "pipeline/runs.hpp"
#include "pipeline/sink_fan_out.hpp"

namespace arbiter {

namespace {

constexpr const char* auto_strategy = "AUTO";

/// What only rank 0 has: the sinks, the rows and the terminal.
struct Desk {
  RunInfo run;
  SinkFanOut sinks;
  Dataset dataset;
  Dataset holdout;
  Decision decision;
  std::int64_t failed_cells = 0;

  Desk(const Config& config, const PluginHost& plugins, RunInfo info)
      : run(std::move(info)), sinks(config, plugins, run), dataset(run.machine), holdout(run.machine) {}

  /// `again` if ranks before these measured them: the person knows.
  void take(const std::vector<Measurement>& rows, bool again = false) {
    for (const auto& row : rows) {
      (row.holdout ? holdout : dataset).add(row);
      sinks.measured(row);
      if (!row.failed) continue;
      ++failed_cells;
      sinks.skipped(row.problem, row.strategy, "failed: " + row.reason);
      if (!again) log::error(fmt::format("{}, {}: {}", to_string(row.problem), row.strategy, row.reason));
    }
  }
};

class Sweep {
 public:
  Sweep(Config config, const PluginHost& plugins, World& world, bool terminal)
      : config_(std::move(config)), plugins_(plugins), world_(world), overseer_(world), terminal_(terminal) {
    std::vector<std::string> remarks;
    instances_ = make_instances(config_, plugins, remarks);
    if (world_.all().rank() == 0) {
      for (const auto& remark : remarks) log::warn(remark);
    }
    keep_what_all_ranks_have(config_.fusions);
    keep_what_all_ranks_have(config_.strategies);
  }

  ExitCode run() {
    form_groups();
    plan_ = make_plan(config_, instances_,
                      {world_.all().size(), [this](int tp_size) { return sites_.at(tp_size).single_host; },
                       [this](int tp_size) { return sites_.at(tp_size).free_bytes; }});
    if (world_.all().rank() == 0) open_desk();
    if (desk_) take_again(false);
    measure(plan_);
    if (desk_) desk_->decision = decide(config_, plugins_, desk_->dataset);
    if (desk_) take_again(true);
    if (config_.enable_auto) measure(auto_plan());
    if (desk_) finish();
    std::string code = desk_ ? std::to_string(static_cast<int>(exit_code())) : "";
    return static_cast<ExitCode>(std::stoi(world_.all().broadcast(std::move(code), 0)));
  }

 private:
  /// A factory may fail on some ranks only.
  void keep_what_all_ranks_have(std::vector<PluginChoice>& choices) {
    std::string own;
    for (const auto& choice : choices) own += choice.name + "\n";
    for (const auto& names : world_.all().all_gather(own)) {
      std::erase_if(choices, [&](const auto& choice) {
        return ("\n" + names).find("\n" + choice.name + "\n") == std::string::npos;
      });
    }
  }

  /// Every rank must plan alike: rank 0, which is in every group, says which groups share a host, and the rank with
  /// the least memory how much there is.
  void form_groups() {
    auto& all = world_.all();
    for (const int tp_size : config_.tp_sizes) {
      if (tp_size <= all.size()) groups_[tp_size] = world_.first(tp_size);
      const auto& group = groups_[tp_size];
      auto& site = sites_[tp_size];
      site.single_host = all.broadcast(group != nullptr && group->single_host() ? "1" : "", 0) == "1";
      site.free_bytes =
          static_cast<std::int64_t>(-all.max(-static_cast<double>(instances_.backend->free_bytes(tp_size))));
    }
  }

  void open_desk() {
    desk_.emplace(
        config_, plugins_,
        RunInfo{config_.output_dir, instances_.backend->machine(), true, {}, !overseer_.resumption().empty()});
    const auto& before = overseer_.resumption();
    if (before.empty()) {
      for (const auto& remark : config_.remarks) log::warn(remark);
    }
    for (const auto& cell : plan_.skipped) desk_->sinks.skipped(cell.problem, cell.strategy, cell.reason);
    log::say(
        fmt::format("{} problems, {} cells to measure; {} will be skipped (reasons: the .log files beside the CSVs)",
                    plan_.problems.size(), plan_.cells(), plan_.skipped.size()));
    if (!before.empty()) log::say(fmt::format("{} cells are measured already", before.rows().size()));
  }

  /// The rows of the ranks before these. Those of AUTO, which is measured after the decision, have no part in it.
  void take_again(bool of_auto) {
    std::vector<Measurement> rows;
    for (const auto& row : overseer_.resumption().rows()) {
      if ((row.strategy == auto_strategy) == of_auto) rows.push_back(row);
    }
    desk_->take(rows, true);
  }

  void measure(const Plan& whole) {
    const auto plan = overseer_.resumption().rest_of(whole);
    if (desk_) {
      for (const auto& cell : plan.skipped) desk_->sinks.skipped(cell.problem, cell.strategy, cell.reason);
    }
    std::optional<Progress> progress;
    if (desk_ && !plan.problems.empty()) {
      progress.emplace(terminal_, static_cast<std::int64_t>(plan.problems.size()), plan.estimated_seconds());
    }
    for (const int tp_size : config_.tp_sizes) {
      const auto part = plan.of_tp_size(tp_size);
      if (part.problems.empty()) continue;
      if (const auto& group = groups_.at(tp_size)) race(part, *group, progress);
      world_.wait_quietly();
    }
  }

  void race(const Plan& plan, ProcessGroup& group, std::optional<Progress>& progress) {
    std::optional<CorePinning> pinning;
    if (instances_.backend->needs_a_core()) pinning.emplace(group);
    ProblemRace race(
        config_, plugins_, instances_, group, [&](const Problem& problem) { return select(problem, group); },
        overseer_.watch(config_.measurement), limits_of(group));
    for (const auto& planned : plan.problems) {
      const auto rows = race.run(planned);
      overseer_.take(rows);
      if (desk_) {
        progress->advance(rows, planned.estimated_seconds);
        const bool needs_line = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.failed; });
        if (needs_line) progress->pause();
        desk_->take(rows);
      }
      const bool stop = desk_ && desk_->sinks.rows_are_lost();
      if (!group.all(!stop)) break;
    }
  }

  /// Measured when the group races first.
  const Limits& limits_of(ProcessGroup& group) {
    auto [at, is_new] = limits_.try_emplace(group.size(), group.size());
    auto& limits = at->second;
    if (!is_new || !config_.measurement.limits) return limits;
    limits = measure_limits(*instances_.backend, group, config_.measurement);
    if (desk_) tell(limits);
    return limits;
  }

  void tell(const Limits& limits) {
    log::say(fmt::format("tp {}: {}", limits.tp_size(), to_string(limits)));
    for (const auto& row : limits.rows()) {
      if (row.reason.empty()) continue;
      log::warn(fmt::format("tp {}, limit {}: {}", limits.tp_size(), name_of(row.what.limit), row.reason));
    }
    desk_->sinks.limits(limits);
  }

  /// AUTO asks the first selector, which only rank 0 has.
  std::string select(const Problem& problem, ProcessGroup& group) {
    std::string chosen;
    if (desk_ && !desk_->decision.selectors.empty()) {
      const auto supports = [&](const std::string& strategy) {
        return strategy_supports(strategy, problem, group, config_, plugins_, instances_);
      };
      const auto fallback = baseline_strategy(desk_->dataset);
      chosen = auto_choice_.choose(*desk_->decision.selectors.front(), fallback, problem, supports);
    }
    return group.broadcast(std::move(chosen), 0);
  }

  [[nodiscard]] Plan auto_plan() const {
    Plan plan;
    for (const auto& planned : plan_.problems) {
      const double share = planned.estimated_seconds / static_cast<double>(planned.strategies.size());
      plan.problems.push_back({planned.problem, {auto_strategy}, share, planned.holdout});
    }
    return plan;
  }

  void finish() {
    desk_->sinks.write(make_report(config_, plugins_, desk_->run, desk_->dataset, desk_->holdout, desk_->decision));
    if (desk_->failed_cells > 0) {
      log::error(fmt::format("{} cells failed; the .log files beside the CSVs say why", desk_->failed_cells));
    }
  }

  [[nodiscard]] ExitCode exit_code() const {
    const bool failed = desk_->failed_cells > 0 || desk_->sinks.any_failed() || desk_->decision.any_failed;
    return failed ? ExitCode::failed : ExitCode::done;
  }

  Config config_;
  const PluginHost& plugins_;
  World& world_;
  Overseer overseer_;
  bool terminal_;
  Instances instances_;
  std::map<int, std::unique_ptr<ProcessGroup>> groups_;  // by tp_size; null on ranks outside
  struct Site {
    bool single_host = false;
    std::int64_t free_bytes = 0;
  };
  std::map<int, Site> sites_;     // by tp_size
  std::map<int, Limits> limits_;  // by tp_size
  Plan plan_;
  AutoChoice auto_choice_{log::warn};
  std::optional<Desk> desk_;  // rank 0 only
};

}  // namespace

ExitCode run_sweep(Config config, const PluginHost& plugins, World& world, bool terminal) {
  return Sweep(std::move(config), plugins, world, terminal).run();
}

}  // namespace arbiter
