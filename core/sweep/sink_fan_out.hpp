#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arbiter/sink.hpp"
#include "config/config.hpp"

namespace arbiter {

/// All sinks of a run as one. What one of them throws is told to the person and ends that sink's work only.
class SinkFanOut {
 public:
  /// Makes the sinks of the configuration; the csv sink is always among them while `run.measures`, so that nothing
  /// measured is lost. Throws PluginError, unless the sink was not asked for by
  /// name: that is told to the person.
  SinkFanOut(const Config& config, const PluginHost& plugins, const RunInfo& run);

  void probed(const MachineProbe& probe);
  void measured(const Measurement& measurement);
  void skipped(const Problem& problem, const std::string& strategy, const std::string& reason);
  void write(const Report& report);

  /// True once a sink failed: the run did not do all it was asked.
  [[nodiscard]] bool any_failed() const { return any_failed_; }
  /// True once rows can no longer be stored: measuring on would be in vain.
  [[nodiscard]] bool rows_are_lost() const { return rows_are_lost_; }

 private:
  struct Entry {
    std::string name;
    bool stores_rows = false;  ///< the csv sink, whatever the YAML calls it
    std::shared_ptr<Sink> sink;
    bool failed = false;
  };
  template <class Call>
  void each(const Call& call);

  std::vector<Entry> entries_;
  bool any_failed_ = false;
  bool rows_are_lost_ = false;
};

}  // namespace arbiter
