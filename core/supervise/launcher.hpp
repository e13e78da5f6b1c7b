// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a sweep survives a strategy that crashes or hangs.
//
// - The runner that the user starts is the launcher. It does not measure: launch_sweep() starts the same program again
//   as ranks under mpirun (mpirun.hpp) and creates two files in memory, whose paths the ranks get in the environment.
// - The checkpoint (checkpoint.hpp, ARBITER_CHECKPOINT) gets each row as soon as it is measured, the cell in progress,
//   the process ids, and a mark from each rank that gets SIGTERM. The ranks write it through LauncherLink and
//   TermMarker. The outcome file (ARBITER_OUTCOME_FILE) gets the exit code of the run, or the last step of a --check.
// - The launcher watches. RankExitMonitor finds the rank that exited first; a RankWatch over the checkpoint stops the
//   ranks when they make no progress for the time that the cell in progress allows.
// - After a crash the launcher reads the checkpoint, adds the cell in progress to it as broken, and starts new ranks.
//   They read it into a ResumeState (resume_state.hpp): rows are replayed, the broken cell gets a failed row, and the
//   sweep continues after it.
// - A sweep has a part for each interpreter and tp size that its strategies need (sweep/part.hpp). Each part has ranks
//   of its own (ARBITER_PART, ARBITER_PYTHON), which continue with the rows of those before as after a crash.
// - The launcher gives up if the user interrupted the run, if the configuration is wrong, or if several launches in a
//   row measured nothing. The rows in the CSVs remain.
//
// Ranks that another mpirun or srun started have no launcher, so a crash ends their run.

#include <filesystem>
#include <string>
#include <vector>

#include "arbiter/error.hpp"
#include "config/config.hpp"
#include "supervise/mpirun.hpp"
#include "sweep/part.hpp"

namespace arbiter {

/// How a run ended.
struct LaunchOutcome {
  ExitCode code = ExitCode::failed;
  std::string failure;       ///< why the ranks did not finish; empty if they did
  std::string last_step;     ///< the last report_step() of rank 0, if they did not finish
  bool interrupted = false;  ///< the user stopped them
  bool is_final = false;     ///< new ranks would not help: the user interrupted them, or the configuration is wrong
};

/// Runs this program again, with its arguments, as `ranks` ranks under mpirun, each bound to a core if `core_each` and
/// there are enough. `watch` may be null. Throws SystemError if mpirun cannot be started.
[[nodiscard]] LaunchOutcome launch_ranks(int ranks, bool core_each, int argc, char** argv, RankWatch* watch = nullptr);

/// launch_ranks() for each part of a sweep, in order. A cell that crashes or hangs its ranks is recorded as broken, and
/// new ranks continue after it. Ranks that crash between two cells are replaced if they had measured anything; if not,
/// and if they run in an interpreter, the sweep goes on without that, and its exit code is ExitCode::failed. The
/// outcome is otherwise that of the last part.
[[nodiscard]] LaunchOutcome launch_sweep(std::vector<Part> parts, const Config& config, bool core_each, int argc,
                                         char** argv);

/// Warns which CSVs in a folder hold how many rows, after a run that did not finish.
void print_kept_rows(const std::filesystem::path& dir);

/// On rank 0: writes the run's exit code for the launcher. False without a launcher: then the rank must exit with the
/// code. (With one it exits with 0, because mpirun prints a long comment on any other code.)
[[nodiscard]] bool report_exit_code(ExitCode code);

/// On rank 0: writes for the launcher what is about to run, in case it crashes. False without a launcher.
bool report_step(const std::string& step);

}  // namespace arbiter
