#include "supervise/relaunch.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "supervise/checkpoint.hpp"
#include "supervise/resume_state.hpp"
#include "sweep/log.hpp"

namespace arbiter {

namespace {

constexpr int most_launches_in_vain = 3;  // in a row, without a row

/// The checkpoint's file: in memory, without a name, gone with this process. Its path is for the ranks.
class JournalFile {
 public:
  JournalFile() : descriptor_(::memfd_create("arbiter checkpoint", MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw SystemError("make a file in memory", errno);
    path_ = fmt::format("/proc/{}/fd/{}", ::getpid(), descriptor_);
    ::setenv(Checkpoint::variable, path_.c_str(), 1);
  }
  ~JournalFile() {
    ::close(descriptor_);
    ::unsetenv(Checkpoint::variable);
  }
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

/// Ranks that measure tell of it in the checkpoint.
class JournalWatch : public RankWatch {
 public:
  explicit JournalWatch(const Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  [[nodiscard]] std::vector<pid_t> processes() override { return checkpoint_.ranks(); }

  [[nodiscard]] bool was_told_to_end(int rank) override { return checkpoint_.was_told_to_end(rank); }

  [[nodiscard]] std::string ends_now() override {
    const auto now = std::chrono::steady_clock::now();
    if (auto pulse = checkpoint_.pulse(); pulse != pulse_) {
      pulse_ = std::move(pulse);
      last_word_ = now;
      return {};
    }
    const auto current = checkpoint_.current();
    const std::chrono::duration<double> silent = now - last_word_;
    if (!current || silent.count() < current->patience_seconds) return {};
    return fmt::format("the ranks gave no word for {:.3g} s, so they were ended", silent.count());
  }

 private:
  const Checkpoint& checkpoint_;
  std::string pulse_;
  std::chrono::steady_clock::time_point last_word_ = std::chrono::steady_clock::now();
};

void go_on_behind(Checkpoint& checkpoint, const BrokenCell& broken) {
  checkpoint.add_broken(broken);
  const auto& [problem, strategy] = broken.cell;
  const ResumeState resume_state(Checkpoint::contents_of(checkpoint.text()));
  log::warn(fmt::format("{}, {}: {}; fresh ranks go on behind it{}", to_string(problem), strategy, broken.reason,
                        resume_state.is_given_up(strategy) ? fmt::format(", without {}", strategy) : ""));
}

}  // namespace

Launched launch_sweep(int ranks, bool core_each, int argc, char** argv) {
  const JournalFile file;
  Checkpoint checkpoint(file.path());
  Checkpoint::Contents before;
  for (int in_vain = 0;;) {
    checkpoint.begin_launch();
    JournalWatch watch(checkpoint);
    auto launched = launch_ranks(ranks, core_each, argc, argv, &watch);
    if (launched.broke_off.empty()) return launched;
    auto now = Checkpoint::contents_of(checkpoint.text());
    // A rank that ended itself knows better why.
    if (now.complaints.size() > before.complaints.size()) launched.broke_off = now.complaints[before.complaints.size()];
    const auto current = checkpoint.current();
    in_vain = now.rows.size() > before.rows.size() ? 0 : in_vain + 1;
    const int most_in_vain = current ? most_launches_in_vain : 0;
    if (launched.is_wanted || in_vain > most_in_vain) return launched;
    if (current) {
      go_on_behind(checkpoint, {current->cell, launched.broke_off});
    } else {
      log::warn(fmt::format("{} between two cells; fresh ranks go on", launched.broke_off));
    }
    before = std::move(now);
  }
}

}  // namespace arbiter
