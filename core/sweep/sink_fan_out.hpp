// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arbiter/sink.hpp"
#include "config/config.hpp"

namespace arbiter {

/// All sinks of a run as one. What a sink throws is logged and ends the work of that sink only. It fails the run,
/// unless it is a DataError, which says that the data do not allow the artefact, and the configuration does not name
/// the sink.
class SinkFanOut {
 public:
  /// Makes the sinks of the configuration, and the csv sink if `run.measures`, so that no row is lost. Throws
  /// PluginError for the csv sink and for sinks that the YAML names; others that cannot be made are left out, which the
  /// log says.
  SinkFanOut(const Config& config, const PluginHost& plugins, const RunInfo& run);

  void probed(const MachineProbe& probe);
  void measured(const Measurement& measurement);
  void skipped(const Problem& problem, const std::string& strategy, const std::string& reason);
  void write(const Report& report);

  /// True once a sink failed: the run is incomplete.
  [[nodiscard]] bool any_failed() const { return any_failed_; }
  /// True once rows can no longer be stored: to measure more is useless.
  [[nodiscard]] bool rows_are_lost() const { return rows_are_lost_; }

 private:
  struct Entry {
    std::string name;
    bool stores_rows = false;  ///< the csv sink, whatever the YAML calls it
    bool by_name = false;      ///< as PluginChoice
    std::shared_ptr<Sink> sink;
    bool ended = false;  ///< something was thrown; it is called no more
  };
  template <class Call>
  void each(const Call& call);

  std::vector<Entry> entries_;
  bool any_failed_ = false;
  bool rows_are_lost_ = false;
};

}  // namespace arbiter
