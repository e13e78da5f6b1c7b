#include "launch_run.hpp"

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

#include "launch/mpirun.hpp"
#include "pipeline/log.hpp"

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

}  // namespace

Launched launch_ranks(int ranks, bool core_each, int argc, char** argv) {
  const OutcomeFile outcome;
  ::setenv("ARBITER_TERMINAL", ::isatty(STDOUT_FILENO) != 0 ? "1" : "0", 1);
  std::vector<std::string> command{std::filesystem::read_symlink("/proc/self/exe").string()};
  command.insert(command.end(), argv + 1, argv + argc);

  const auto result = run_under_mpirun(ranks, command, core_each);
  Launched launched;
  launched.step = outcome.step();
  if (const char code = outcome.read(); code >= '0' && code <= '9') {
    launched.code = static_cast<ExitCode>(code - '0');
    return launched;
  }
  if (result.interrupted_by != 0) {
    launched.broke_off = fmt::format("interrupted ({})", ::strsignal(result.interrupted_by));
  } else if (result.status > 128) {
    launched.broke_off = fmt::format("a rank was ended by signal {} ({}), so the run was stopped", result.status - 128,
                                     ::strsignal(result.status - 128));
  } else {
    launched.broke_off = fmt::format("the run ended early: mpirun's exit status is {}", result.status);
  }
  launched.code = result.status == static_cast<int>(ExitCode::usage) ? ExitCode::usage : ExitCode::failed;
  return launched;
}

void say_what_is_kept(const std::filesystem::path& dir) {
  std::error_code error;
  bool any = false;
  for (std::filesystem::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != ".csv") continue;
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
