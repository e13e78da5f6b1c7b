// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "comm/world.hpp"
#include "config/config.hpp"
#include "supervise/checkpoint.hpp"
#include "supervise/resume_state.hpp"
#include "sweep/run_hooks.hpp"

namespace arbiter {

/// The environment variable in which ranks get the id of the run, so that fresh ranks continue it under the same one.
inline constexpr const char* run_id_variable = "ARBITER_RUN_ID";

/// The environment variable with the encoded() part of the sweep that ranks are for.
inline constexpr const char* part_variable = "ARBITER_PART";
/// The environment variable with the interpreter that ranks must run in; not set if none.
inline constexpr const char* python_variable = "ARBITER_PYTHON";

/// The link from the ranks of a sweep to the process that launched them, which starts fresh ranks if these break. It
/// does nothing in ranks that were started by the user's own mpirun or srun.
class LauncherLink {
 public:
  /// Collective over the world.
  explicit LauncherLink(World& world);

  /// What a sweep with this configuration needs from the launcher. The link must outlive it.
  [[nodiscard]] RunHooks hooks(const MeasurementConfig& config);

 private:
  TermMarker term_marker_;
  std::unique_ptr<Checkpoint> checkpoint_;  // rank 0 only
  bool is_there_ = false;
  std::vector<SkippedCell> skipped_;  // by earlier parts
  ResumeState resume_state_;
};

/// How many seconds a problem may take without progress from its ranks: far longer than any bounded wait inside.
/// ARBITER_PATIENCE_S overrides it.
[[nodiscard]] double patience_seconds(const MeasurementConfig& config, double estimated_seconds);
/// Likewise until the first cell begins, at least 10: plugins load, interpreters import, strategies say what they
/// support.
[[nodiscard]] double patience_at_start_seconds();

}  // namespace arbiter
