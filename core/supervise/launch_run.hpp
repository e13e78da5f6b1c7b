#pragma once

#include <filesystem>
#include <string>

#include "arbiter/error.hpp"
#include "supervise/rank_watch.hpp"

namespace arbiter {

/// How the ranks of a run ended.
struct Launched {
  ExitCode code = ExitCode::failed;
  std::string broke_off;   ///< why they did not come to their end, or empty
  std::string step;        ///< what they last told of themselves, if they broke off
  bool is_wanted = false;  ///< that they broke off: somebody interrupted them, or the configuration is wrong
};

/// Runs this program again, with its own arguments, as `ranks` ranks under mpirun, each with a core of its own if
/// `core_each` and there are enough. `watch` may be null. Throws SystemError if there is no mpirun.
[[nodiscard]] Launched launch_ranks(int ranks, bool core_each, int argc, char** argv, RankWatch* watch = nullptr);

/// Names the CSVs in a folder, with their rows, after a run that broke off.
void say_what_is_kept(const std::filesystem::path& dir);

/// Tells the process that launched this rank how the run ended. False if there is none: the rank then exits with the
/// code itself. (mpirun comments every exit code but 0 at length.)
[[nodiscard]] bool report_to_launcher(ExitCode code);

/// Tells it what this rank is doing, in case it is the last thing it does.
void tell_launcher(const std::string& step);

}  // namespace arbiter
