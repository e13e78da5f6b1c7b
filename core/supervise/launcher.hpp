// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a sweep survives what ends its processes.
//
// - The runner that the user starts is the launcher. It does not measure: launch_sweep() starts the same program again
//   as ranks under mpirun (mpirun.hpp).
// - The RunFolder (run_folder.hpp) is a folder of this run alone, on disk, with its checkpoint (checkpoint.hpp,
//   ARBITER_CHECKPOINT), which gets the rows of each problem as soon as they are measured. The files in the output
//   folder are replaced when everything is measured. A lock keeps other runs out.
// - RankStatus (rank_status.hpp, ARBITER_RANK_STATUS) is a file in memory, by which the ranks tell the launcher the
// cell
//   in progress, their process ids, a SIGTERM, and how they ended. They write both through LauncherLink.
// - The launcher watches. RankExitMonitor finds the rank that exited first; a RankWatch over the status stops the ranks
//   when they make no progress for the time that the cell in progress allows.
// - After a crash the launcher adds the cell in progress to the checkpoint as broken, and starts new ranks. They read
// it
//   into a ResumeState (resume_state.hpp): rows are replayed, the broken cell gets a failed row, and the sweep
//   continues after it. After a kill of the launcher itself, --resume does the same in a new one.
// - A sweep has a part for each interpreter and tp size that its strategies need (sweep/part.hpp). Each part has ranks
//   of its own (ARBITER_PART, ARBITER_PYTHON), which continue with the rows of those before as after a crash.
// - The launcher gives up if the user interrupted the run, if the configuration is wrong, or if several launches in a
//   row measured nothing. The rows remain.
//
// Ranks that another mpirun or srun started have no launcher, so a crash ends their run; --resume continues it.

#include <filesystem>
#include <string>
#include <vector>

#include "arbiter/error.hpp"
#include "config/config.hpp"
#include "supervise/mpirun.hpp"
#include "supervise/rank_status.hpp"
#include "supervise/run_folder.hpp"
#include "sweep/part.hpp"

namespace arbiter {

/// How a run ended.
struct LaunchOutcome {
  ExitCode code = ExitCode::failed;
  std::string failure;        ///< why the ranks did not finish; empty if they did
  std::string last_step;      ///< the last report_step() of rank 0, if they did not finish
  bool interrupted = false;   ///< the user stopped them
  bool is_final = false;      ///< new ranks would not help: the user interrupted them, or the configuration is wrong
  bool from_outside = false;  ///< mpirun was killed or told to end: the ranks did nothing wrong
  bool rank_killed = false;   ///< a rank was, by SIGKILL, which no plugin raises by mistake
};

/// Runs this program again, with its arguments, as `ranks` ranks under mpirun, each bound to a core if `core_each` and
/// there are enough. They tell `status` how they end. `watch` may be null. Throws SystemError if mpirun cannot be
/// started.
[[nodiscard]] LaunchOutcome launch_ranks(int ranks, bool core_each, int argc, char** argv, const RankStatus& status,
                                         RankWatch* watch = nullptr);

/// launch_ranks() for each part of a sweep, in order. A cell that crashes or hangs its ranks is recorded as broken, and
/// new ranks continue after it. Ranks that crash between two cells are replaced if they had measured anything; if not,
/// and if they run in an interpreter, the sweep goes on without that, and its exit code is ExitCode::failed. The
/// outcome is otherwise that of the last part.
[[nodiscard]] LaunchOutcome launch_sweep(std::vector<Part> parts, const Config& config, const RunFolder& folder,
                                         bool core_each, int argc, char** argv);

/// Warns how many rows a run that did not finish has kept, and what can be done with them.
void print_kept_rows(const std::filesystem::path& output_dir);

/// On rank 0: writes the run's exit code for the launcher. False without a launcher: then the rank must exit with the
/// code. (With one it exits with 0, because mpirun prints a long comment on any other code.)
[[nodiscard]] bool report_exit_code(ExitCode code);

/// On rank 0: writes for the launcher what is about to run, in case it crashes. False without a launcher.
bool report_step(const std::string& step);

}  // namespace arbiter
