#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "comm/core_pinning.hpp"
#include "measure/run_probe.hpp"
#include "supervise/launcher_link.hpp"
#include "sweep/auto_choice.hpp"
#include "sweep/decision.hpp"
#include "sweep/log.hpp"
#include "sweep/problem_run.hpp"
#include "sweep/progress.hpp"
#include "sweep/runs.hpp"
#include "sweep/sink_fan_out.hpp"

namespace arbiter {

namespace {

constexpr const char* auto_strategy = "AUTO";

/// What only rank 0 has: the sinks, the rows and the terminal.
struct ResultCollector {
  RunInfo run;
  SinkFanOut sinks;
  Dataset dataset;
  Dataset holdout;
  Decision decision;
  std::int64_t failed_cells = 0;

  ResultCollector(const Config& config, const PluginHost& plugins, RunInfo info)
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
      : config_(std::move(config)), plugins_(plugins), world_(world), launcher_link_(world), terminal_(terminal) {
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
    if (world_.all().rank() == 0) open_collector();
    if (collector_) replay(false);
    measure(plan_);
    if (collector_) collector_->decision = decide(config_, plugins_, collector_->dataset);
    if (collector_) replay(true);
    if (config_.enable_auto) measure(auto_plan());
    if (collector_) finish();
    std::string code = collector_ ? std::to_string(static_cast<int>(exit_code())) : "";
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

  void open_collector() {
    collector_.emplace(
        config_, plugins_,
        RunInfo{config_.output_dir, instances_.backend->machine(), true, {}, !launcher_link_.resume_state().empty()});
    const auto& before = launcher_link_.resume_state();
    if (before.empty()) {
      for (const auto& remark : config_.remarks) log::warn(remark);
    }
    for (const auto& cell : plan_.skipped) collector_->sinks.skipped(cell.problem, cell.strategy, cell.reason);
    log::say(
        fmt::format("{} problems, {} cells to measure; {} will be skipped (reasons: the .log files beside the CSVs)",
                    plan_.problems.size(), plan_.cells(), plan_.skipped.size()));
    if (!before.empty()) log::say(fmt::format("{} cells are measured already", before.rows().size()));
  }

  /// The rows of the ranks before these. Those of AUTO, which is measured after the decision, have no part in it.
  void replay(bool of_auto) {
    std::vector<Measurement> rows;
    for (const auto& row : launcher_link_.resume_state().rows()) {
      if ((row.strategy == auto_strategy) == of_auto) rows.push_back(row);
    }
    collector_->take(rows, true);
  }

  void measure(const Plan& whole) {
    const auto plan = launcher_link_.resume_state().rest_of(whole);
    if (collector_) {
      for (const auto& cell : plan.skipped) collector_->sinks.skipped(cell.problem, cell.strategy, cell.reason);
    }
    std::optional<Progress> progress;
    if (collector_ && !plan.problems.empty()) {
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
    ProblemRun race(
        config_, plugins_, instances_, group, [&](const Problem& problem) { return select(problem, group); },
        launcher_link_.watch(config_.measurement), probe_of(group));
    for (const auto& planned : plan.problems) {
      const auto rows = race.run(planned);
      launcher_link_.take(rows);
      if (collector_) {
        progress->advance(rows, planned.estimated_seconds);
        const bool needs_line = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.failed; });
        if (needs_line) progress->pause();
        collector_->take(rows);
      }
      const bool stop = collector_ && collector_->sinks.rows_are_lost();
      if (!group.all(!stop)) break;
    }
  }

  /// Measured when the group races first.
  const MachineProbe& probe_of(ProcessGroup& group) {
    auto [at, is_new] = probe_.try_emplace(group.size(), group.size());
    auto& probe = at->second;
    if (!is_new || !config_.measurement.probe) return probe;
    probe = run_probe(*instances_.backend, group, config_.measurement);
    if (collector_) tell(probe);
    return probe;
  }

  void tell(const MachineProbe& probe) {
    log::say(fmt::format("tp {}: {}", probe.tp_size(), to_string(probe)));
    for (const auto& row : probe.rows()) {
      if (row.reason.empty()) continue;
      log::warn(fmt::format("tp {}, kind {}: {}", probe.tp_size(), name_of(row.what.kind), row.reason));
    }
    collector_->sinks.probed(probe);
  }

  /// AUTO asks the first selector, which only rank 0 has.
  std::string select(const Problem& problem, ProcessGroup& group) {
    std::string chosen;
    if (collector_ && !collector_->decision.selectors.empty()) {
      const auto supports = [&](const std::string& strategy) {
        return strategy_supports(strategy, problem, group, config_, plugins_, instances_);
      };
      const auto fallback = baseline_strategy(collector_->dataset);
      chosen = auto_choice_.choose(*collector_->decision.selectors.front(), fallback, problem, supports);
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
    collector_->sinks.write(make_report(config_, plugins_, collector_->run, collector_->dataset, collector_->holdout,
                                        collector_->decision));
    if (collector_->failed_cells > 0) {
      log::error(fmt::format("{} cells failed; the .log files beside the CSVs say why", collector_->failed_cells));
    }
  }

  [[nodiscard]] ExitCode exit_code() const {
    const bool failed =
        collector_->failed_cells > 0 || collector_->sinks.any_failed() || collector_->decision.any_failed;
    return failed ? ExitCode::failed : ExitCode::done;
  }

  Config config_;
  const PluginHost& plugins_;
  World& world_;
  LauncherLink launcher_link_;
  bool terminal_;
  Instances instances_;
  std::map<int, std::unique_ptr<ProcessGroup>> groups_;  // by tp_size; null on ranks outside
  struct Site {
    bool single_host = false;
    std::int64_t free_bytes = 0;
  };
  std::map<int, Site> sites_;           // by tp_size
  std::map<int, MachineProbe> probe_;  // by tp_size
  Plan plan_;
  AutoChoice auto_choice_{log::warn};
  std::optional<ResultCollector> collector_;  // rank 0 only
};

}  // namespace

ExitCode run_sweep(Config config, const PluginHost& plugins, World& world, bool terminal) {
  return Sweep(std::move(config), plugins, world, terminal).run();
}

}  // namespace arbiter
