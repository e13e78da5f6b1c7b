// SPDX-License-Identifier: Apache-2.0
#include "sweep/result_collector.hpp"

#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "io/artefact_folder.hpp"
#include "io/provenance.hpp"
#include "measure/run_probe.hpp"
#include "sweep/log.hpp"
#include "sweep/run_provenance.hpp"
#include "sweep/setting_choice.hpp"
#include "sweep/strategy_ids.hpp"

namespace arbiter {

namespace {

ArtefactOrigin origin_of(const Dataset& rows, const Config& config) {
  return {run_ids(rows), rows_hash(rows),
          text_hash(fmt::format("{}\n{}", config.text, fmt::join(config.overrides, "\n")))};
}

/// Rows of other tools have no run, and those of another backend are not of this configuration: that a strategy has the
/// name of one of the configuration does not make it that one.
std::vector<StrategyDefinition> definitions_of(const Config& config, const Dataset& rows) {
  std::set<std::string> others;
  std::set<std::string> measured;
  for (const auto& row : rows.rows()) {
    const bool is_ours = !row.run_id.empty() && (row.setting.backend.empty() || row.setting.backend == config.backend);
    (is_ours ? measured : others).insert(row.strategy);
  }
  auto definitions = strategy_definitions(config);
  std::erase_if(definitions, [&](const StrategyDefinition& definition) {
    return others.contains(definition.name) && !measured.contains(definition.name);
  });
  return definitions;
}

}  // namespace

ResultCollector::ResultCollector(const Config& config, const PluginHost& plugins, RunInfo run, Dataset dataset,
                                 Dataset holdout)
    : config_(config),
      plugins_(plugins),
      run_(std::move(run)),
      sinks_(config, plugins, run_),
      dataset_(std::move(dataset)),
      holdout_(std::move(holdout)) {}

void ResultCollector::probed(const MachineProbe& probe) {
  log::say(fmt::format("tp {}: {}", probe.tp_size(), to_string(probe)));
  for (const auto& row : probe.rows()) {
    if (row.reason.empty()) continue;
    log::warn(fmt::format("tp {}, kind {}: {}", probe.tp_size(), name_of(row.what.kind), row.reason));
  }
  sinks_.probed(probe);
}

void ResultCollector::skip(const std::vector<SkippedCell>& cells) {
  for (const auto& cell : cells) sinks_.skipped(cell.problem, cell.strategy, cell.reason);
}

void ResultCollector::record(const std::vector<Measurement>& rows) {
  replay(rows);
  for (const auto& row : rows) {
    if (!row.failed && !row.suspect) continue;
    const auto line = fmt::format("{}, {}, context {}: {}", to_string(row.problem), row.strategy,
                                  name_of(row.setting.context), row.reason);
    if (row.failed) {
      log::error(line);
    } else {
      log::warn("suspect: " + line);
    }
  }
}

void ResultCollector::replay(const std::vector<Measurement>& rows) {
  for (const auto& row : rows) {
    (row.holdout ? holdout_ : dataset_).add(row);
    sinks_.measured(row);
    if (!row.failed) continue;
    ++failed_cells_;
    sinks_.skipped(row.problem, row.strategy, "failed: " + row.reason);
  }
}

void ResultCollector::decide() {
  setting_ = choose_setting(dataset_, deciding_contexts(config_.measurement, run_.measures), config_.measurement.graph);
  if (!dataset_.empty()) log::say(describe_choice(dataset_, setting_));
  decided_by_ = rows_of(dataset_, setting_);
  decision_ = arbiter::decide(config_, plugins_, decided_by_);
}

void ResultCollector::write_report(const std::filesystem::path& output_dir) {
  run_.output_dir = output_dir;
  const Dataset dataset = rows_of(dataset_, setting_);
  const Dataset holdout = rows_of(holdout_, setting_);
  dataset_.append(std::exchange(holdout_, {}));  // all rows; nothing else is made of either
  try {
    ArtefactFolder folder(run_.output_dir, origin_of(dataset_, config_));
    sinks_.write({run_, dataset, holdout, decision_.selectors, decision_.compared,
                  [this](const std::string& strategy) { return table_id_of(strategy, config_, plugins_); },
                  [](const std::string& line) { log::say(line); }, setting_, &dataset_, curves_,
                  definitions_of(config_, dataset_)});
    folder.close();
    if (const auto remark = folder.remark(); !remark.empty()) log::warn(remark);
  } catch (...) {
    // The rows are safe, and other ranks wait for the end of the run.
    artefacts_failed_ = true;
    log::error(what_was_thrown());
  }
  if (failed_cells_ > 0) {
    log::error(fmt::format("{} cells failed; the .log files beside the CSVs say why", failed_cells_));
  }
}

ExitCode ResultCollector::exit_code() const {
  const bool failed = failed_cells_ > 0 || artefacts_failed_ || sinks_.any_failed() || decision_.any_failed;
  return failed ? ExitCode::failed : ExitCode::done;
}

}  // namespace arbiter
