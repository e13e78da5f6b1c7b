#include "supervise/launch_run.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "supervise/mpirun.hpp"
#include "sweep/log.hpp"

namespace arbiter {

namespace {

constexpr const char* outcome_variable = "ARBITER_OUTCOME_FILE";
constexpr char no_outcome = '?';
constexpr std::size_t longest_step = 512;

/// A file without a name that rank 0 writes the run's exit code into, and behind it what it is doing; it is always on
/// the launching host.
class OutcomeFile {
 public:
  OutcomeFile() : descriptor_(::memfd_create("arbiter outcome", MFD_CLOEXEC)) {
    const auto path = fmt::format("/proc/{}/fd/{}", ::getpid(), descriptor_);
    if (descriptor_ >= 0) ::setenv(outcome_variable, path.c_str(), 1);
  }
  ~OutcomeFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    ::unsetenv(outcome_variable);
  }
  OutcomeFile(const OutcomeFile&) = delete;
  OutcomeFile& operator=(const OutcomeFile&) = delete;

  [[nodiscard]] char read() const {
    char outcome = no_outcome;
    static_cast<void>(!::pread(descriptor_, &outcome, 1, 0));
    return outcome;
  }
  [[nodiscard]] std::string step() const {
    std::array<char, longest_step> text{};
    static_cast<void>(!::pread(descriptor_, text.data(), text.size() - 1, 1));
    return text.data();
  }

 private:
  int descriptor_;
};

/// mpirun's exit status is that of the rank that ended first, or 128 and the signal that ended it.
std::string why_it_broke_off(const LaunchResult& result) {
  if (result.interrupted_by != 0) return fmt::format("interrupted ({})", ::strsignal(result.interrupted_by));
  if (!result.ended_for.empty()) return result.ended_for;
  if (result.mpirun_died) return fmt::format("mpirun was ended by signal {}", result.status - 128);
  const auto rank = result.first_to_end >= 0 ? fmt::format("rank {}", result.first_to_end) : std::string("a rank");
  if (result.status > 128 && result.status < 128 + NSIG) {
    return fmt::format("{} was ended by signal {} ({})", rank, result.status - 128, ::strsignal(result.status - 128));
  }
  return fmt::format("{} left the others before its end; mpirun's exit status is {}", rank, result.status);
}

/// A rank that got one of these was meant to end.
bool is_wish_to_end(int status) { return status == 128 + SIGINT || status == 128 + SIGTERM || status == 128 + SIGHUP; }

}  // namespace

Launched launch_ranks(int ranks, bool core_each, int argc, char** argv, RankWatch* watch) {
  const OutcomeFile outcome;
  ::setenv("ARBITER_TERMINAL", ::isatty(STDOUT_FILENO) != 0 ? "1" : "0", 1);
  std::vector<std::string> command{std::filesystem::read_symlink("/proc/self/exe").string()};
  command.insert(command.end(), argv + 1, argv + argc);

  const auto result = run_under_mpirun(ranks, command, core_each, watch);
  Launched launched;
  launched.step = outcome.step();
  if (const char code = outcome.read(); code >= '0' && code <= '9') {
    launched.code = static_cast<ExitCode>(code - '0');
    return launched;
  }
  launched.broke_off = why_it_broke_off(result);
  launched.is_wanted = result.interrupted_by != 0 || result.mpirun_died ||
                       (result.ended_for.empty() && is_wish_to_end(result.status)) ||
                       result.status == static_cast<int>(ExitCode::usage);
  launched.code = result.status == static_cast<int>(ExitCode::usage) ? ExitCode::usage : ExitCode::failed;
  return launched;
}

void say_what_is_kept(const std::filesystem::path& dir) {
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
  if (any) log::warn(fmt::format("runner --data_dir {} makes tables and pictures from them", dir.string()));
}

bool report_to_launcher(ExitCode code) {
  const char* path = std::getenv(outcome_variable);
  if (path == nullptr) return false;
  std::ofstream file(path);
  file << static_cast<int>(code) << std::flush;
  return file.good();
}

void tell_launcher(const std::string& step) {
  const char* path = std::getenv(outcome_variable);
  if (path == nullptr) return;
  std::ofstream file(path);
  file << no_outcome << step.substr(0, longest_step - 1) << std::flush;
}

}  // namespace arbiter
