// SPDX-License-Identifier: Apache-2.0
#include "sweep/sweep_run.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/units.hpp"
#include "comm/core_pinning.hpp"
#include "io/provenance.hpp"
#include "measure/run_probe.hpp"
#include "sweep/auto_choice.hpp"
#include "sweep/known_names.hpp"
#include "sweep/log.hpp"
#include "sweep/problem_run.hpp"
#include "sweep/recorded_strategies.hpp"
#include "sweep/result_collector.hpp"
#include "sweep/run_provenance.hpp"

namespace arbiter {

namespace {

/// The first `tp_size` ranks, as this rank sees them.
struct Group {
  std::unique_ptr<ProcessGroup> ranks;      // null if this rank is not one of them
  std::unique_ptr<StrategySet> strategies;  // likewise
  MachineProbe probe;
  bool is_probed = false;
  bool single_host = false;     // the same on every rank of the run
  std::int64_t free_bytes = 0;  // likewise
};

class Sweep {
 public:
  Sweep(const Config& config, const PluginHost& plugins, World& world, int terminal_columns, const RunHooks& hooks)
      : config_(config), plugins_(plugins), world_(world), terminal_columns_(terminal_columns), hooks_(hooks) {}

  ExitCode run() {
    run_id_ = world_.all().broadcast(is_root() ? own_run_id() : "", 0);
    part_ = hooks_.part ? *hooks_.part : parts_of(config_, world_.all().size()).front();
    make_instances_and_groups();
    plan_ = plan_of_part();
    if (is_root()) open_collector();
    if (collector_) collector_->replay(earlier_rows(false));
    expect_rows_are_kept();
    if (part_.measures) measure(plan_);
    if (!part_.is_last()) return ExitCode::done;  // the last part counts what failed
    if (collector_) collector_->decide();
    if (collector_) collector_->replay(earlier_rows(true));
    if (config_.enable_auto) measure_auto();
    if (collector_) publish_results();
    std::string code = collector_ ? std::to_string(static_cast<int>(collector_->exit_code())) : "";
    return static_cast<ExitCode>(std::stoi(world_.all().broadcast(std::move(code), 0)));
  }

 private:
  [[nodiscard]] bool is_root() const { return world_.all().rank() == 0; }

  [[nodiscard]] std::string own_run_id() const { return hooks_.run_id.empty() ? new_run_id() : hooks_.run_id; }

  void make_instances_and_groups() {
    std::vector<std::string> remarks;
    instances_ = make_instances(config_, plugins_, remarks);
    if (hooks_.continues) remarks.clear();  // said by earlier ranks
    keep_common(instances_, world_.all());
    std::vector<std::string> of_strategies;
    for (const int tp_size : part_.tp_sizes) make_group(tp_size, of_strategies);
    if (part_.measures) remarks.insert(remarks.end(), of_strategies.begin(), of_strategies.end());
    if (!is_root()) return;
    for (const auto& remark : remarks) log::warn(remark);
  }

  /// Collective over the world.
  [[nodiscard]] Plan plan_of_part() {
    Config own = config_;
    own.tp_sizes = part_.tp_sizes;
    auto plan = make_plan(own, instances_,
                          {world_.all().size(), [this](int tp_size) { return groups_.at(tp_size).single_host; },
                           [this](int tp_size) { return groups_.at(tp_size).free_bytes; },
                           [this](int tp_size) { return groups_.at(tp_size).strategies.get(); }, part_.unusable});
    for (const auto& [tp_size, group] : groups_) {
      if (group.ranks != nullptr) arbiter::keep_common(plan, tp_size, *group.ranks);
    }
    return plan;
  }

  /// Collective over the world. Every rank must plan alike: rank 0, which is in every group, decides whether a group
  /// shares a host, and the rank with the least memory how much there is.
  void make_group(int tp_size, std::vector<std::string>& remarks) {
    auto& all = world_.all();
    auto& group = groups_[tp_size];
    if (tp_size <= all.size()) group.ranks = world_.first(tp_size);
    group.single_host = all.broadcast(group.ranks != nullptr && group.ranks->single_host() ? "1" : "", 0) == "1";
    const auto free_bytes = static_cast<double>(instances_.backend->free_bytes(tp_size));
    group.free_bytes = static_cast<std::int64_t>(all.min(free_bytes));
    if (group.ranks == nullptr) return;
    group.strategies = std::make_unique<StrategySet>(config_, plugins_, remarks, part_.strategies);
    group.strategies->keep_common(*group.ranks);
    group.probe = MachineProbe(tp_size);
  }

  void open_collector() {
    const auto machine = instances_.backend->machine();
    record_ = record_run(machine);
    RunInfo info{files_dir(), machine, true, {}, hooks_.continues};
    info.runs = run_records({record_});
    collector_.emplace(config_, plugins_, std::move(info), Dataset(machine), Dataset(machine));
    if (!hooks_.continues) {
      for (const auto& remark : config_.remarks) log::warn(remark);
    }
    collector_->skip(hooks_.earlier_skipped);
    say_plan(report_skipped(plan_.skipped));
  }

  /// Returns how many that were.
  std::size_t report_skipped(std::vector<SkippedCell> cells) {
    cells = reported_by(part_, std::move(cells), hooks_.earlier_skipped, hooks_.earlier_rows);
    collector_->skip(cells);
    if (!part_.is_last()) hooks_.record_skipped(cells);
    return cells.size();
  }

  void say_plan(std::size_t skipped) const {
    const bool several = part_.count > 1;
    const auto head = several ? fmt::format("part {} of {}, {}: ", part_.number, part_.count, to_string(part_)) : "";
    if (!part_.measures) return log::say(head + (config_.enable_auto ? "the decision, AUTO" : "the decision"));
    log::say(head + fmt::format("{} problems, {} cells to measure; {} will be skipped (reasons: the .log files beside "
                                "the CSVs)",
                                plan_.problems.size(), plan_.cells(), skipped));
    const auto done = std::ranges::count_if(hooks_.earlier_rows, [&](const Measurement& row) {
      return !several || (part_.has(row.strategy) &&
                          std::ranges::find(part_.tp_sizes, row.problem.tp_size) != part_.tp_sizes.end());
    });
    if (done > 0 || (hooks_.continues && !several)) log::say(fmt::format("{} cells are measured already", done));
  }

  /// Where rows and the record of the run are until everything is measured.
  [[nodiscard]] std::filesystem::path files_dir() const {
    return hooks_.files_dir.empty() ? config_.output_dir : hooks_.files_dir;
  }

  /// Writes the run's record before any row, so that no row is without one; each part adds the versions it runs. Throws
  /// ConfigError if the record of earlier ranks is not of this configuration, machine and versions.
  [[nodiscard]] Provenance record_run(const Machine& machine) const {
    auto run = make_provenance(config_, plugins_, machine, run_id_, hooks_.command_line);
    for (const int tp_size : part_.tp_sizes) {
      if (auto* strategies = groups_.at(tp_size).strategies.get(); strategies != nullptr && part_.measures) {
        run.packages.merge(package_versions(config_, part_, *strategies));
      }
    }
    auto written = read_provenance(files_dir(), run_id_);
    if (written) {
      if (const auto differing = differences_to_continue(*written, run); !differing.empty()) {
        throw ConfigError(
            fmt::format("the unfinished run of {} cannot continue, because rows would be mixed that differ "
                        "in {}; without --resume a new run begins",
                        written->date, fmt::join(differing, "; ")));
      }
      written->packages.merge(run.packages);
      run = std::move(*written);
    }
    write_provenance(files_dir(), run);
    return run;
  }

  /// To measure more would be useless.
  void expect_rows_are_kept() const {
    if (collector_ && collector_->rows_are_lost()) throw Error("rows can no longer be stored; see the error above");
  }

  /// Only now the files of earlier runs give way.
  void publish_results() {
    for (const auto& line : set_aside_stale_csvs(config_.output_dir, record_)) log::warn(line);
    hooks_.publish();
    collector_->write_report(config_.output_dir);
    hooks_.finish(collector_->exit_code());
  }

  /// The rows of AUTO are apart: they are measured after the decision and take no part in it.
  [[nodiscard]] std::vector<Measurement> earlier_rows(bool of_auto) const {
    auto rows = hooks_.earlier_rows;
    std::erase_if(rows, [&](const auto& row) { return (row.strategy == auto_strategy) != of_auto; });
    return rows;
  }

  /// Collective over the world, although each rank plans for its own groups only.
  void measure(const Plan& whole) {
    const auto plan = hooks_.rest_of(whole);
    if (collector_) report_skipped(plan.skipped);
    std::optional<Progress> progress;
    if (collector_ && !plan.problems.empty()) {
      progress.emplace(terminal_columns_, static_cast<std::int64_t>(plan.problems.size()), plan.estimated_seconds());
    }
    for (const int tp_size : part_.tp_sizes) {
      const auto of_group = plan.of_tp_size(tp_size);
      if (!of_group.problems.empty()) measure_in_group(of_group, groups_.at(tp_size), progress);
      world_.wait_quietly();
    }
  }

  /// Collective over the group.
  void measure_in_group(const Plan& plan, Group& group, std::optional<Progress>& progress) {
    auto& ranks = *group.ranks;
    std::optional<CorePinning> pinning;
    if (instances_.backend->needs_a_core()) pinning.emplace(ranks);
    probe_machine(group);
    ProblemRun run(
        config_, instances_, *group.strategies, ranks, [&](const Problem& problem) { return select(problem, group); },
        hooks_, group.probe);
    for (const auto& planned : plan.problems) {
      if (progress) progress->begin(planned.problem);
      auto rows = run.run(planned);
      for (auto& row : rows) row.run_id = run_id_;
      hooks_.record(rows);
      if (collector_) {
        progress->advance(rows, planned.estimated_seconds);
        const auto has_remark = [](const Measurement& row) { return row.failed || row.suspect; };
        if (std::ranges::any_of(rows, has_remark)) progress->pause();
        collector_->record(rows);
        expect_rows_are_kept();
      }
    }
    if (progress) progress->pause();
    if (collector_) say_spent(plan.problems.front().problem.tp_size, run.spent());
  }

  static void say_spent(int tp_size, const ProblemRun::Spent& spent) {
    const auto percent = [&](double part) { return 100.0 * part / std::max(spent.total, 1e-9); };
    log::say(fmt::format(
        "tp {}: measured in {}; verification took {:.0f} % of it ({:.0f} % in the reference), messages {:.0f} %, "
        "preparation {:.0f} %",
        tp_size, duration_text(spent.total), percent(spent.verification), percent(spent.reference),
        percent(spent.tensors), percent(spent.preparation)));
  }

  /// Collective over the group; once.
  void probe_machine(Group& group) {
    if (group.is_probed || !config_.measurement.probe) return;
    group.is_probed = true;
    group.probe = run_probe(*instances_.backend, *group.ranks, config_.measurement);
    if (collector_) collector_->probed(group.probe);
  }

  /// Collective over the group. Only rank 0 has selectors.
  std::string select(const Problem& problem, Group& group) {
    std::string chosen;
    if (collector_ && !collector_->decision().selectors.empty()) {
      const auto supports = [&](const std::string& strategy) { return can_run(strategy, problem, group); };
      auto fallback = baseline_strategy(collector_->decided_by());
      if (!part_.measures && !supports(fallback)) {
        const auto other =
            std::ranges::find_if(part_.strategies, [&](const std::string& name) { return supports(name).ok; });
        if (other != part_.strategies.end()) fallback = *other;
      }
      chosen = auto_choice_.choose(*collector_->decision().selectors.front(), fallback, problem, supports);
    }
    return group.ranks->broadcast(std::move(chosen), 0);
  }

  [[nodiscard]] Support can_run(const std::string& strategy, const Problem& problem, Group& group) const {
    const bool is_configured =
        std::ranges::find(config_.strategies, strategy, &PluginChoice::name) != config_.strategies.end();
    if (is_configured && !part_.has(strategy)) {
      return Support::no("it runs in an interpreter, and AUTO is measured by ranks that run in none");
    }
    try {
      return group.strategies->get(strategy).supports(problem, *group.ranks);
    } catch (...) {
      return Support::no(what_was_thrown());
    }
  }

  /// Collective over the world. Of several parts the last runs in no interpreter, which a problem may need.
  void measure_auto() {
    Plan plan;
    std::set<Problem> known;
    for (const auto& planned : plan_.problems) {
      const double share = planned.estimated_seconds / static_cast<double>(planned.strategies.size());
      plan.problems.push_back({planned.problem, {std::string(auto_strategy)}, share, planned.holdout});
      known.insert(planned.problem);
    }
    for (const auto& row : hooks_.earlier_rows) {
      if (!known.insert(row.problem).second) continue;
      plan.skipped.push_back({row.problem, std::string(auto_strategy),
                              "what can do it runs in an interpreter, and AUTO is measured by ranks that run in none"});
    }
    if (collector_) report_skipped(plan.skipped);
    measure(plan);
  }

  const Config& config_;
  const PluginHost& plugins_;
  World& world_;
  int terminal_columns_;
  const RunHooks& hooks_;
  Instances instances_;
  std::map<int, Group> groups_;  // by tp_size
  Part part_;
  Plan plan_;
  std::string run_id_;
  Provenance record_;  // rank 0 only
  AutoChoice auto_choice_{log::warn};
  std::optional<ResultCollector> collector_;  // rank 0 only
};

}  // namespace

ExitCode run_sweep(const Config& config, const PluginHost& plugins, World& world, int terminal_columns,
                   const RunHooks& hooks) {
  return Sweep(config, plugins, world, terminal_columns, hooks).run();
}

ExitCode run_from_data(Config config, const PluginHost& plugins, const DataRun& data) {
  auto contents = read_data_dir(data.data_dir, data.platform, data.options);
  add_recorded_strategies(config, contents.runs, plugins);
  for (const auto& warning : contents.warnings) log::warn(warning);
  for (const auto& line : unknown_names(contents.dataset, config, plugins)) log::warn(line);
  if (const auto line = unrecorded_strategies(contents.dataset, config, plugins); !line.empty()) log::warn(line);
  for (const auto& line : contents.mixed) log::warn(line);
  if (contents.skipped_rows > 0) log::warn(fmt::format("{} malformed rows were skipped", contents.skipped_rows));
  const auto machine = contents.dataset.machine();
  log::say(
      fmt::format("{} rows of {} from {}", contents.dataset.rows().size(), machine.platform, data.data_dir.string()));
  for (const auto& curve : contents.curves) log::say("times over bytes: " + to_string(curve));

  RunInfo info{config.output_dir, machine, false, data.data_dir};
  info.runs = run_records(contents.runs);
  info.mixed = contents.mixed;
  ResultCollector collector(config, plugins, std::move(info), std::move(contents.dataset), std::move(contents.holdout));
  collector.add_curves(std::move(contents.curves));
  collector.decide();
  collector.write_report(config.output_dir);
  return collector.exit_code();
}

}  // namespace arbiter
