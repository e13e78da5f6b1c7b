#pragma once

#include <memory>
#include <vector>

#include "comm/world.hpp"
#include "config/config.hpp"
#include "supervise/checkpoint.hpp"
#include "supervise/resume_state.hpp"
#include "sweep/run_hooks.hpp"

namespace arbiter {

/// The process that launched the ranks of a sweep, as they see it: it starts fresh ones should these break. Ranks that
/// somebody else's mpirun or srun started have none.
class LauncherLink {
 public:
  /// Collective over the world.
  explicit LauncherLink(World& world);

  /// What the ranks before these did; the same on every rank.
  [[nodiscard]] const ResumeState& resume_state() const { return resume_state_; }

  /// For races under `config`. The launcher_link must outlive it.
  [[nodiscard]] RunHooks watch(const MeasurementConfig& config);
  /// Rank 0 has the rows of a problem: they are measured, whatever happens from now on.
  void take(const std::vector<Measurement>& rows);

 private:
  TermMarker term_marker_;
  std::unique_ptr<Checkpoint> checkpoint_;  // rank 0 only
  bool is_there_ = false;
  ResumeState resume_state_;
};

/// How many seconds a problem may take without progress from its ranks: far longer than any bounded wait inside.
/// ARBITER_PATIENCE_S overrides it.
[[nodiscard]] double patience_seconds(const MeasurementConfig& config, double estimated_seconds);

}  // namespace arbiter
