// SPDX-License-Identifier: Apache-2.0
#include "supervise/launcher.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "comm/mpi_obstacle.hpp"
#include "io/provenance.hpp"
#include "supervise/checkpoint.hpp"
#include "supervise/launcher_link.hpp"
#include "supervise/resume_state.hpp"
#include "sweep/log.hpp"

namespace arbiter {

namespace {

constexpr int max_launches_without_rows = 3;  // in a row
constexpr const char* outcome_variable = "ARBITER_OUTCOME_FILE";
constexpr char no_exit_code = '?';
constexpr std::size_t max_step_bytes = 512;

/// A file in memory that goes away with this process. The ranks find its path in an environment variable.
class MemoryFile {
 public:
  MemoryFile(const char* name, const char* variable)
      : variable_(variable), descriptor_(::memfd_create(name, MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw SystemError("create a file in memory", errno);
    path_ = fmt::format("/proc/{}/fd/{}", ::getpid(), descriptor_);
    ::setenv(variable_, path_.c_str(), 1);
  }
  ~MemoryFile() {
    ::close(descriptor_);
    ::unsetenv(variable_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  const char* variable_;
  int descriptor_;
  std::string path_;
};

/// Rank 0 writes a digit, the exit code, or `no_exit_code` and what it is doing.
std::string read_outcome(const MemoryFile& file) {
  std::array<char, 1 + max_step_bytes> text{no_exit_code};
  static_cast<void>(!::pread(file.descriptor(), text.data(), text.size() - 1, 0));
  return text.data();
}

bool write_outcome(const std::string& text) {
  const char* path = std::getenv(outcome_variable);
  if (path == nullptr) return false;
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

/// mpirun's exit status is that of the rank that exited first, or 128 + the signal that killed it.
std::string describe_failure(const MpirunResult& result) {
  if (result.interrupted_by != 0) return fmt::format("interrupted ({})", ::strsignal(result.interrupted_by));
  if (!result.stop_reason.empty()) return result.stop_reason;
  if (result.mpirun_killed) return fmt::format("mpirun was killed by signal {}", result.status - 128);
  const auto rank = result.first_to_exit >= 0 ? fmt::format("rank {}", result.first_to_exit) : std::string("a rank");
  if (result.status > 128 && result.status < 128 + NSIG) {
    return fmt::format("{} was killed by signal {} ({})", rank, result.status - 128, ::strsignal(result.status - 128));
  }
  return fmt::format("{} exited before the end of the run; mpirun's exit status is {}", rank, result.status);
}

/// The user's signal reached a rank.
bool is_user_stop(int status) { return status == 128 + SIGINT || status == 128 + SIGTERM || status == 128 + SIGHUP; }

/// Stops the ranks when the checkpoint shows no progress for as long as the cell in progress allows.
class ProgressWatch : public RankWatch {
 public:
  explicit ProgressWatch(const Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  [[nodiscard]] std::vector<pid_t> pids() override { return checkpoint_.ranks(); }
  [[nodiscard]] bool got_sigterm(int rank) override { return checkpoint_.got_sigterm(rank); }
  [[nodiscard]] std::string stop_reason() override {
    const auto now = std::chrono::steady_clock::now();
    if (auto stamp = checkpoint_.progress_stamp(); stamp != stamp_) {
      stamp_ = std::move(stamp);
      last_progress_ = now;
      return {};
    }
    const auto current = checkpoint_.current();
    any_cell_began_ = any_cell_began_ || current;
    const std::chrono::duration<double> idle = now - last_progress_;
    // Between cells only Arbiter works, as long as that takes; before the first one strategies start and are asked.
    if (!current && any_cell_began_) return {};
    if (idle.count() < (current ? current->patience_seconds : patience_at_start_)) return {};
    return fmt::format("no progress from the ranks for {:.3g} s; they were stopped", idle.count());
  }

 private:
  const Checkpoint& checkpoint_;
  double patience_at_start_ = patience_at_start_seconds();
  bool any_cell_began_ = false;
  std::string stamp_;
  std::chrono::steady_clock::time_point last_progress_ = std::chrono::steady_clock::now();
};

void record_broken(Checkpoint& checkpoint, const BrokenCell& broken) {
  checkpoint.add_broken(broken);
  const auto& [problem, strategy] = broken.cell;
  const ResumeState resume_state(Checkpoint::contents_of(checkpoint.text()));
  log::warn(fmt::format("{}, {}: {}; new ranks continue after it{}", to_string(problem), strategy, broken.reason,
                        resume_state.is_given_up(strategy) ? fmt::format(", without {}", strategy) : ""));
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

LaunchOutcome launch_part(const Part& part, Checkpoint& checkpoint, bool core_each, int argc, char** argv) {
  auto before = Checkpoint::contents_of(checkpoint.text());
  for (int launches_without_rows = 0;;) {
    checkpoint.begin_launch();
    ProgressWatch watch(checkpoint);
    auto outcome = launch_ranks(part.ranks, core_each, argc, argv, &watch);
    if (outcome.failure.empty()) return outcome;
    auto now = Checkpoint::contents_of(checkpoint.text());
    // The error of a rank that aborted the run says more than its exit status.
    if (now.rank_errors.size() > before.rank_errors.size()) {
      outcome.failure = now.rank_errors[before.rank_errors.size()];
    }
    const auto current = checkpoint.current();
    launches_without_rows = now.rows.size() > before.rows.size() ? 0 : launches_without_rows + 1;
    if (outcome.is_final || launches_without_rows > (current ? max_launches_without_rows : 0)) return outcome;
    if (current) {
      record_broken(checkpoint, {current->cell, outcome.failure});
    } else {
      log::warn(fmt::format("{} between two cells; new ranks continue", outcome.failure));
    }
    before = std::move(now);
  }
}

}  // namespace

LaunchOutcome launch_ranks(int ranks, bool core_each, int argc, char** argv, RankWatch* watch) {
  const MemoryFile file("arbiter outcome", outcome_variable);
  ::setenv("ARBITER_TERMINAL", ::isatty(STDOUT_FILENO) != 0 ? "1" : "0", 1);
  std::vector<std::string> command{std::filesystem::read_symlink("/proc/self/exe").string()};
  command.insert(command.end(), argv + 1, argv + argc);

  const auto result = run_under_mpirun(ranks, command, core_each, watch);
  LaunchOutcome outcome;
  const auto written = read_outcome(file);
  if (written[0] >= '0' && written[0] <= '9') {
    outcome.code = static_cast<ExitCode>(written[0] - '0');
    return outcome;
  }
  outcome.last_step = written.substr(1);
  outcome.failure = describe_failure(result);
  if (const auto obstacle = mpi_obstacle(); !obstacle.empty()) outcome.failure += ": " + obstacle;
  const bool is_usage_error = result.status == static_cast<int>(ExitCode::usage);
  outcome.interrupted = result.interrupted_by != 0 || (result.stop_reason.empty() && is_user_stop(result.status));
  outcome.is_final = outcome.interrupted || result.mpirun_killed || is_usage_error;
  if (is_usage_error) outcome.code = ExitCode::usage;
  return outcome;
}

LaunchOutcome launch_sweep(std::vector<Part> parts, const Config& config, bool core_each, int argc, char** argv) {
  const MemoryFile file("arbiter checkpoint", Checkpoint::variable);
  ::setenv(run_id_variable, new_run_id().c_str(), 1);
  Checkpoint checkpoint(file.path());
  LaunchOutcome outcome;
  bool is_incomplete = false;
  for (std::size_t at = 0; at < parts.size();) {
    const RankVariables variables(parts[at]);
    outcome = launch_part(parts[at], checkpoint, core_each, argc, argv);
    if (outcome.failure.empty()) {
      ++at;
      continue;
    }
    if (outcome.is_final || parts[at].interpreter.empty()) return outcome;
    const auto interpreter = parts[at].interpreter;
    give_up_interpreter(parts, at, config, outcome.failure);
    const bool measures = std::any_of(parts.begin() + static_cast<std::ptrdiff_t>(at), parts.end(),
                                      [](const Part& part) { return part.measures && !part.strategies.empty(); });
    if (!measures && Checkpoint::contents_of(checkpoint.text()).rows.empty()) return outcome;
    log::error(fmt::format("ranks in {}: {}; the run continues without what needs it", interpreter, outcome.failure));
    is_incomplete = true;
  }
  if (is_incomplete && outcome.code == ExitCode::done) outcome.code = ExitCode::failed;
  return outcome;
}

void print_kept_rows(const std::filesystem::path& dir) {
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
  if (any)
    log::warn(fmt::format("runner --data_dir {0} --output_dir {0} makes tables and plots from them", dir.string()));
}

bool report_exit_code(ExitCode code) { return write_outcome(std::to_string(static_cast<int>(code))); }

bool report_step(const std::string& step) { return write_outcome(no_exit_code + step.substr(0, max_step_bytes - 1)); }

}  // namespace arbiter
