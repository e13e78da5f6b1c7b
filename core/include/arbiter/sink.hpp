// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arbiter/byte_curve.hpp"
#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/machine_probe.hpp"
#include "arbiter/plugin.hpp"

namespace arbiter {

/// A run that made rows of the data, for the head of an artefact. What else is known of it is in run.<id>.json.
struct RunRecord {
  std::string id;
  std::string date;     ///< UTC: "2026-11-28T03:13:57Z"
  std::string arbiter;  ///< its version and commit: "0.2.0 (1a2b3c4d5e6f)"
  /// The half width of the 95 % interval at which it stopped sampling a row, if it could; NaN if not recorded.
  double precision_percent = Measurement::none;
};

/// What is known about a run before it measures.
struct RunInfo {
  /// The folder for everything a sink writes; may not exist yet. While a run measures it is a folder of this run alone,
  /// whose files move up before write(): there Report::run names the folder.
  std::filesystem::path output_dir;
  Machine machine;
  bool measures = true;            ///< false if the run starts from CSVs
  std::filesystem::path data_dir;  ///< the folder of those CSVs
  /// The ranks of this run failed or were killed, and fresh ones took over. All calls are made again from the start,
  /// also for what was measured before, so a sink that writes as it goes continues its files
  /// (LineFile::Earlier::continues).
  bool continues = false;
  /// This run, or those that made the CSVs it starts from, as far as they have a record; the versions of libraries are
  /// facts of the machine.
  std::vector<RunRecord> runs = {};
  /// What differs between the runs of the CSVs, where the user allowed that: lines that a report repeats.
  std::vector<std::string> mixed = {};
};

/// What a strategy's name means: a plugin with parameters.
struct StrategyDefinition {
  std::string name;      ///< in the data and the decisions
  std::string strategy;  ///< the plugin's
  std::string backend;
  std::vector<std::pair<std::string, std::string>> parameters;  ///< all, as written in YAML
};

/// Everything that a run has at its end. Valid during Sink::write() only.
struct Report {
  const RunInfo& run;
  const Dataset& dataset;  ///< the rows of one setting
  const Dataset& holdout;  ///< measured like `dataset` but never fitted, to judge selectors; may be empty
  std::vector<std::shared_ptr<const Selector>> selectors;  ///< in the order of the YAML
  std::vector<std::shared_ptr<const Selector>> compared;   ///< tables of other tools, from `compare:`
  /// The id of a strategy in look-up tables: the YAML's, a published one (TensorRT-LLM), or the plugin's; nothing for
  /// an unknown name.
  std::function<std::optional<int>(const std::string& strategy)> table_id;
  /// Prints one line for people (the path of an artefact, a table).
  std::function<void(const std::string& line)> say;
  /// Of `dataset` and `holdout`, and so of every decision: artefacts name it.
  Setting setting = {};
  /// The rows of every setting, those of the holdout too (Measurement::holdout); null if `dataset` and `holdout` are
  /// all.
  const Dataset* all_rows = nullptr;
  /// Times over bytes that stood beside the data: for pictures and comparisons, not for decisions.
  std::span<const ByteCurve> curves = {};
  /// The strategies of the configuration, and those that records of runs beside the data name.
  std::vector<StrategyDefinition> strategies = {};
};

/// Writes what people or programs read. Called on rank 0 only, from one thread, in the order of the calls below. A sink
/// that throws loses its own artefact; the run and the other sinks continue.
class ARBITER_EXPORT Sink : public Plugin {
 public:
  /// The first call.
  void begin(const RunInfo& run);
  /// The machine probe of one tp size, before the first row of that tp size, if the run probes the machine.
  void probed(const MachineProbe& probe);
  /// A row, as soon as it is measured; rows of the holdout too (Measurement::holdout).
  void measured(const Measurement& row);
  /// A problem and strategy ("*": all of them) without a measurement, and why; also after measured() of a failed row.
  /// Throws std::invalid_argument if the reason is empty.
  void skipped(const Problem& problem, const std::string& strategy, const std::string& reason);
  /// The last call, at the end of the run; not made if the run breaks off. Throws std::invalid_argument for a report
  /// without `say`.
  void write(const Report& report);

 protected:
  /// Implement the public calls of the same name; by default they do nothing.
  virtual void do_begin(const RunInfo&) {}
  virtual void do_probed(const MachineProbe&) {}
  virtual void do_measured(const Measurement&) {}
  virtual void do_skipped(const Problem&, const std::string& /*strategy*/, const std::string& /*reason*/) {}
  virtual void do_write(const Report&) {}
};

}  // namespace arbiter
