// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

#include "arbiter/byte_curve.hpp"
#include "arbiter/dataset.hpp"
#include "arbiter/error.hpp"
#include "arbiter/machine_probe.hpp"
#include "arbiter/sink.hpp"
#include "config/config.hpp"
#include "sweep/decision.hpp"
#include "sweep/plan.hpp"
#include "sweep/sink_fan_out.hpp"

namespace arbiter {

/// The results of a run, on rank 0 only: rows come in, the decision is made from them, and everything goes to the sinks
/// and to the terminal.
class ResultCollector {
 public:
  /// Makes the sinks. `dataset` and `holdout` are the rows that are there already; sinks do not get them one by one.
  ResultCollector(const Config& config, const PluginHost& plugins, RunInfo run, Dataset dataset, Dataset holdout);

  /// Takes the curves that stand beside the rows, for the report.
  void add_curves(std::vector<ByteCurve> curves) { curves_ = std::move(curves); }

  void probed(const MachineProbe& probe);
  void skip(const std::vector<SkippedCell>& cells);
  /// Takes rows that were measured just now, and reports the failed ones.
  void record(const std::vector<Measurement>& rows);
  /// Takes rows of earlier ranks, whose failures were reported when they were measured.
  void replay(const std::vector<Measurement>& rows);

  /// Chooses the setting to decide by, which the log names, and fits the heuristics to its rows so far.
  void decide();
  /// The last call: gives the sinks the report of the whole run, for a folder that may be another one than the rows
  /// went to while the run measured.
  void write_report(const std::filesystem::path& output_dir);

  /// The rows that decide() used.
  [[nodiscard]] const Dataset& decided_by() const { return decided_by_; }
  [[nodiscard]] const Decision& decision() const { return decision_; }
  [[nodiscard]] bool rows_are_lost() const { return sinks_.rows_are_lost(); }
  /// ExitCode::failed if a cell, a sink, a heuristic or the list of artefacts failed.
  [[nodiscard]] ExitCode exit_code() const;

 private:
  const Config& config_;
  const PluginHost& plugins_;
  RunInfo run_;
  SinkFanOut sinks_;
  Dataset dataset_;  // the rows of every setting
  Dataset holdout_;
  std::vector<ByteCurve> curves_;
  Setting setting_;
  Dataset decided_by_;
  Decision decision_;
  std::int64_t failed_cells_ = 0;
  bool artefacts_failed_ = false;  // the folder, not a sink
};

}  // namespace arbiter
