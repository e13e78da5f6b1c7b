// SPDX-License-Identifier: Apache-2.0
#include "supervise/launcher.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arbiter/files.hpp"
#include "arbiter/units.hpp"
#include "comm/mpi_obstacle.hpp"
#include "io/provenance.hpp"
#include "supervise/checkpoint.hpp"
#include "supervise/launcher_link.hpp"
#include "supervise/resume_state.hpp"
#include "sweep/log.hpp"

namespace arbiter {

namespace {

constexpr int max_launches_without_rows = 3;  // in a row
constexpr char no_exit_code = '?';

/// mpirun's exit status is that of the rank that exited first, or 128 + the signal that killed it.
std::string describe_failure(const MpirunResult& result) {
  if (result.interrupted_by != 0) return fmt::format("interrupted ({})", ::strsignal(result.interrupted_by));
  if (!result.stop_reason.empty()) return result.stop_reason;
  if (result.mpirun_killed) return fmt::format("mpirun was killed by signal {}", result.status - 128);
  if (result.ranks_told_to_end) return "mpirun was told to end";
  const auto rank = result.first_to_exit >= 0 ? fmt::format("rank {}", result.first_to_exit) : std::string("a rank");
  if (result.status > 128 && result.status < 128 + NSIG) {
    return fmt::format("{} was killed by signal {} ({})", rank, result.status - 128, ::strsignal(result.status - 128));
  }
  return fmt::format("{} exited before the end of the run; mpirun's exit status is {}", rank, result.status);
}

/// The user's signal reached a rank.
bool is_user_stop(int status) { return status == 128 + SIGINT || status == 128 + SIGTERM || status == 128 + SIGHUP; }

/// Whether nobody reads standard output any more (`| head -1`). mpirun ends some seconds after the next line of a rank.
bool output_is_closed() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

void replace_closed_output() {
  const int null_output = output_is_closed() ? ::open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
  if (null_output < 0) return;
  ::dup2(null_output, STDOUT_FILENO);
  ::close(null_output);
  log::warn("nobody reads the standard output; the run goes on without it");
}

/// Stops the ranks when they show no progress for as long as the cell in progress allows.
class ProgressWatch : public RankWatch {
 public:
  explicit ProgressWatch(const RankStatus& status) : status_(status) {}

  [[nodiscard]] std::vector<pid_t> pids() override { return status_.ranks(); }
  [[nodiscard]] bool got_sigterm(int rank) override { return status_.got_sigterm(rank); }
  [[nodiscard]] std::string stop_reason() override {
    const auto now = std::chrono::steady_clock::now();
    if (auto stamp = status_.progress_stamp(); stamp != stamp_) {
      stamp_ = std::move(stamp);
      last_progress_ = now;
      return {};
    }
    const auto current = status_.current();
    any_cell_began_ = any_cell_began_ || current;
    const std::chrono::duration<double> idle = now - last_progress_;
    // Between cells only Arbiter works, as long as that takes; before the first one strategies start and are asked.
    if (!current && any_cell_began_) return {};
    if (idle.count() < (current ? current->patience_seconds : patience_at_start_)) return {};
    return fmt::format("no progress from the ranks for {}; they were stopped", duration_text(idle.count()));
  }

 private:
  const RankStatus& status_;
  double patience_at_start_ = patience_at_start_seconds();
  bool any_cell_began_ = false;
  std::string stamp_;
  std::chrono::steady_clock::time_point last_progress_ = std::chrono::steady_clock::now();
};

/// Of standard output; 0 if that is no terminal.
int terminal_columns() {
  if (::isatty(STDOUT_FILENO) == 0) return 0;
  constexpr int usual = 80;
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

Checkpoint::Contents contents_of(const RunFolder& folder) {
  return Checkpoint::contents_of(read_file(folder.checkpoint()));
}

void record_broken(const RunFolder& folder, const RankStatus::Current& current, const std::string& failure) {
  const auto& [problem, strategy] = current.cell;
  const bool is_fusion = strategy == any_strategy;
  auto reason = fmt::format("{} {}", failure, text_of(current.phase));
  if (is_fusion) reason = fmt::format("the fusion {}: {}", problem.fusion, reason);
  Checkpoint(folder.checkpoint()).add_broken({current.cell, reason});
  const ResumeState resume_state(contents_of(folder));
  const auto whose = fmt::format("{}{}", to_string(problem), is_fusion ? "" : ", " + strategy);
  const auto without =
      is_fusion ? "problems of " + problem.fusion : fmt::format("{} with {}", strategy, problem.fusion);
  log::warn(fmt::format("{}: {}; new ranks continue after it{}", whose, reason,
                        resume_state.is_given_up(strategy, problem.fusion) ? ", without " + without : ""));
}

/// What the ranks of a part find in their environment while it lives.
class RankVariables {
 public:
  explicit RankVariables(const Part& part) {
    ::setenv(part_variable, encoded(part).c_str(), 1);
    if (part.interpreter.empty()) {
      ::unsetenv(python_variable);
    } else {
      ::setenv(python_variable, part.interpreter.c_str(), 1);
    }
  }
  ~RankVariables() {
    ::unsetenv(part_variable);
    ::unsetenv(python_variable);
  }
  RankVariables(const RankVariables&) = delete;
  RankVariables& operator=(const RankVariables&) = delete;
};

LaunchOutcome launch_part(const Part& part, const RunFolder& folder, bool core_each, int argc, char** argv) {
  auto rows = contents_of(folder).rows.size();
  RankStatus status;
  Cell killed_in;
  for (int launches_without_rows = 0;;) {
    status.begin_launch();
    ProgressWatch watch(status);
    auto outcome = launch_ranks(part.ranks, core_each, argc, argv, status, &watch);
    if (outcome.failure.empty()) return outcome;
    // The error of a rank that aborted the run says more than its exit status.
    if (auto error = status.error(); !error.empty()) outcome.failure = std::move(error);
    // If mpirun was told to end, or killed, no cell is to blame. Nor is the first in which somebody kills a rank:
    // the kernel, if the cell takes all memory, does it again.
    auto current = status.current();
    const bool is_first_kill = outcome.rank_killed && (!current || current->cell != killed_in);
    if (outcome.rank_killed && current) killed_in = current->cell;
    const bool is_innocent = outcome.from_outside || is_first_kill;
    if (is_innocent) current.reset();
    const auto rows_now = contents_of(folder).rows.size();
    launches_without_rows = rows_now > rows ? 0 : launches_without_rows + 1;
    if (outcome.is_final || launches_without_rows > (current || is_innocent ? max_launches_without_rows : 0)) {
      return outcome;
    }
    if (current) {
      record_broken(folder, *current, outcome.failure);
    } else {
      log::warn(fmt::format("{}{}; new ranks continue", outcome.failure, is_innocent ? "" : " between two cells"));
    }
    rows = rows_now;
  }
}

}  // namespace

LaunchOutcome launch_ranks(int ranks, bool core_each, int argc, char** argv, const RankStatus& status,
                           RankWatch* watch) {
  replace_closed_output();
  ::setenv("ARBITER_TERMINAL", std::to_string(terminal_columns()).c_str(), 1);
  std::vector<std::string> command{std::filesystem::read_symlink("/proc/self/exe").string()};
  command.insert(command.end(), argv + 1, argv + argc);

  const auto result = run_under_mpirun(ranks, command, core_each, watch);
  LaunchOutcome outcome;
  const bool lost_output = result.interrupted_by == 0 && output_is_closed();
  const auto written = status.outcome();
  if (!written.empty() && written[0] != no_exit_code) {
    outcome.code = static_cast<ExitCode>(written[0] - '0');
    // An mpirun that lost its output tells the ranks to end, and some are quick enough to say that they failed.
    if (!lost_output || outcome.code != ExitCode::failed) return outcome;
  }
  if (!written.empty()) outcome.last_step = written.substr(1);
  outcome.failure = describe_failure(result);
  if (const auto obstacle = mpi_obstacle(); !obstacle.empty()) outcome.failure += ": " + obstacle;
  if (lost_output) outcome.failure = "mpirun ended because nobody reads the standard output";
  const bool is_usage_error = result.status == static_cast<int>(ExitCode::usage);
  outcome.interrupted = result.interrupted_by != 0 || (result.stop_reason.empty() && is_user_stop(result.status));
  outcome.rank_killed = result.stop_reason.empty() && result.status == 128 + SIGKILL;
  outcome.from_outside =
      lost_output || result.mpirun_killed || (result.ranks_told_to_end && result.stop_reason.empty());
  outcome.is_final = outcome.interrupted || is_usage_error;
  if (is_usage_error) outcome.code = ExitCode::usage;
  return outcome;
}

LaunchOutcome launch_sweep(std::vector<Part> parts, const Config& config, const RunFolder& folder, bool core_each,
                           int argc, char** argv) {
  ::setenv(Checkpoint::variable, folder.checkpoint().c_str(), 1);
  LaunchOutcome outcome;
  bool is_incomplete = false;
  for (std::size_t at = 0; at < parts.size();) {
    const auto done = contents_of(folder).finished_parts;
    if (std::ranges::find(done, encoded(parts[at])) != done.end()) {
      ++at;
      continue;
    }
    const RankVariables variables(parts[at]);
    outcome = launch_part(parts[at], folder, core_each, argc, argv);
    if (outcome.failure.empty()) {
      if (!parts[at].is_last()) Checkpoint(folder.checkpoint()).add_finished_part(encoded(parts[at]));
      ++at;
      continue;
    }
    if (outcome.is_final || parts[at].interpreter.empty()) return outcome;
    const auto interpreter = parts[at].interpreter;
    give_up_interpreter(parts, at, config, outcome.failure);
    const bool measures = std::any_of(parts.begin() + static_cast<std::ptrdiff_t>(at), parts.end(),
                                      [](const Part& part) { return part.measures && !part.strategies.empty(); });
    if (!measures && contents_of(folder).rows.empty()) return outcome;
    log::error(fmt::format("ranks in {}: {}; the run continues without what needs it", interpreter, outcome.failure));
    is_incomplete = true;
  }
  // Rank 0 may have been killed at its last step.
  if (std::filesystem::exists(folder.checkpoint())) finish(folder.checkpoint());
  if (is_incomplete && outcome.code == ExitCode::done) outcome.code = ExitCode::failed;
  return outcome;
}

void print_kept_rows(const std::filesystem::path& output_dir) {
  const auto dir = output_dir / "unfinished";
  std::error_code error;
  bool any = false;
  for (std::filesystem::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != ".csv" || !at->path().filename().string().starts_with("benchmark.")) continue;
    std::ifstream file(at->path());
    const auto lines = std::count(std::istreambuf_iterator<char>(file), {}, '\n');
    log::warn(
        fmt::format("{} finished rows are kept in {}", std::max<std::ptrdiff_t>(lines - 1, 0), at->path().string()));
    any = true;
  }
  if (!any) return;
  log::warn("the same command with --resume goes on from there");
  log::warn(fmt::format("runner --data_dir {0} --output_dir {0} makes tables and plots from them", dir.string()));
}

bool report_exit_code(ExitCode code) {
  const auto status = RankStatus::of_launcher();
  if (status != nullptr) status->write_outcome(std::to_string(static_cast<int>(code)));
  return status != nullptr;
}

bool report_step(const std::string& step) {
  const auto status = RankStatus::of_launcher();
  if (status != nullptr) status->write_outcome(no_exit_code + step);
  return status != nullptr;
}

}  // namespace arbiter
