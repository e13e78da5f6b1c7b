#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/machine_probe.hpp"
#include "arbiter/plugin.hpp"

namespace arbiter {

/// What a run is about, known before it measures.
struct RunInfo {
  std::filesystem::path output_dir;
  Machine machine;
  bool measures = true;            ///< false if the run starts from CSVs
  std::filesystem::path data_dir;  ///< where those CSVs are
  /// The ranks of this sweep broke and fresh ones take over: everything is told again from the start, what was measured
  /// before as well, so a sink that writes as it goes continues its files (LineFile::Earlier::continues).
  bool continues = false;
};

/// Everything a run has at its end.
struct Report {
  const RunInfo& run;
  const Dataset& dataset;
  const Dataset& holdout;  ///< measured like `dataset`, never fitted: what selectors are judged by; may be empty
  std::vector<std::shared_ptr<const Selector>> selectors;  ///< in the order of the YAML
  std::vector<std::shared_ptr<const Selector>> compared;   ///< tables of others, from `compare:`
  /// The number of a strategy in look-up tables; nothing for a name no plugin and no published table knows.
  std::function<std::optional<int>(const std::string& strategy)> table_id;
  /// Tells the person at the terminal one line (an artefact's path, a table).
  std::function<void(const std::string& line)> say;
};

/// Writes something a person or a program reads. Called on rank 0 only, from one thread. A sink that throws costs
/// its own artefact, not the run's.
class ARBITER_EXPORT Sink : public Plugin {
 public:
  /// First of all.
  void begin(const RunInfo& run);
  /// What bounds the rows of one tp size, before the first of them, if the run measures it.
  void probed(const MachineProbe& probe);
  /// A row, as soon as it is measured; also of the holdout, which its `holdout` says.
  void measured(const Measurement& row);
  /// A cell that was not measured, and why; failed cells too. Throws std::invalid_argument without a reason.
  void skipped(const Problem& problem, const std::string& strategy, const std::string& reason);
  /// At the end of the run. Throws std::invalid_argument for a report that cannot say anything.
  void write(const Report& report);

 protected:
  /// What the sink does at each of these calls; by default nothing. They throw what ends the sink's work.
  virtual void do_begin(const RunInfo&) {}
  virtual void do_probed(const MachineProbe&) {}
  virtual void do_measured(const Measurement&) {}
  virtual void do_skipped(const Problem&, const std::string& /*strategy*/, const std::string& /*reason*/) {}
  virtual void do_write(const Report&) {}
};

}  // namespace arbiter
