#pragma once

#include <memory>
#include <vector>

#include "arbiter/export.hpp"
#include "config/config.hpp"
#include "launch/world.hpp"
#include "pipeline/end_notice.hpp"
#include "pipeline/journal.hpp"
#include "pipeline/race_watch.hpp"
#include "pipeline/resumption.hpp"

namespace arbiter {

/// The process that launched the ranks of a sweep, as they see it: it starts fresh ones should these break. Ranks that
/// somebody else's mpirun or srun started have none.
class ARBITER_EXPORT Overseer {
 public:
  /// Collective over the world.
  explicit Overseer(World& world);

  /// What the ranks before these did; the same on every rank.
  [[nodiscard]] const Resumption& resumption() const { return resumption_; }

  /// For races under `config`. The overseer must outlive it.
  [[nodiscard]] RaceWatch watch(const MeasurementConfig& config);
  /// Rank 0 has the rows of a problem: they are measured, whatever happens from now on.
  void take(const std::vector<Measurement>& rows);

 private:
  EndNotice end_notice_;
  std::unique_ptr<Journal> journal_;  // rank 0 only
  bool is_there_ = false;
  Resumption resumption_;
};

/// How long a problem may take without another word from its ranks, in seconds: far longer than any wait inside that
/// has a bound. ARBITER_PATIENCE_S sets it.
[[nodiscard]] ARBITER_EXPORT double patience_seconds(const MeasurementConfig& config, double estimated_seconds);

}  // namespace arbiter
