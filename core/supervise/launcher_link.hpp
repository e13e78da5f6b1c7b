// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "comm/world.hpp"
#include "config/config.hpp"
#include "supervise/checkpoint.hpp"
#include "supervise/rank_status.hpp"
#include "supervise/resume_state.hpp"
#include "supervise/run_folder.hpp"
#include "sweep/run_hooks.hpp"

namespace arbiter {

/// The environment variable with the encoded() part of the sweep that ranks are for.
inline constexpr const char* part_variable = "ARBITER_PART";
/// The environment variable with the interpreter that ranks must run in; not set if none.
inline constexpr const char* python_variable = "ARBITER_PYTHON";

/// The link from the ranks of a sweep to its checkpoint, and to the process that launched them, which starts fresh
/// ranks if these break. Ranks that were started by the user's own mpirun or srun have no launcher: rank 0 then finds
/// the folder of the run itself.
class LauncherLink {
 public:
  /// Collective over the world. `options` are for ranks without a launcher. Throws as RunFolder does, on rank 0.
  LauncherLink(World& world, const RunFolder::Options& options);

  /// What a sweep with this configuration needs from the launcher. The link must outlive it.
  [[nodiscard]] RunHooks hooks(const MeasurementConfig& config);

 private:
  TermMarker term_marker_;
  std::unique_ptr<RunFolder> folder_;       // rank 0 only, and only without a launcher
  std::filesystem::path file_;              // of the checkpoint; rank 0 only
  std::unique_ptr<Checkpoint> checkpoint_;  // likewise
  std::unique_ptr<RankStatus> status_;      // likewise; null without a launcher
  bool has_launcher_ = false;
  CheckpointHead head_;
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
