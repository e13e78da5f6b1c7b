// SPDX-License-Identifier: Apache-2.0
#include "supervise/launcher_link.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

#include "supervise/launcher.hpp"

namespace arbiter {

namespace {

/// Where a rank is, for who shares its host.
struct Whereabouts {
  std::array<char, 64> host{};
  pid_t process = 0;
};

/// Collective. By rank; 0 for ranks on other hosts than rank 0.
std::vector<pid_t> processes_of(ProcessGroup& group) {
  Whereabouts own;
  static_cast<void>(::gethostname(own.host.data(), own.host.size() - 1));
  own.process = ::getpid();
  std::vector<Whereabouts> all(static_cast<std::size_t>(group.size()));
  group.all_gather(&own, all.data(), sizeof own);
  std::vector<pid_t> processes;
  processes.reserve(all.size());
  for (const auto& rank : all) processes.push_back(rank.host == all.front().host ? rank.process : 0);
  return processes;
}

}  // namespace

LauncherLink::LauncherLink(World& world, const RunFolder::Options& options) : term_marker_(world.all().rank()) {
  auto& all = world.all();
  const bool is_root = all.rank() == 0;
  if (is_root) {
    status_ = RankStatus::of_launcher();
    const char* file = std::getenv(Checkpoint::variable);
    if (file == nullptr) folder_ = std::make_unique<RunFolder>(options);
    file_ = file != nullptr ? std::filesystem::path(file) : folder_->checkpoint();
    checkpoint_ = std::make_unique<Checkpoint>(file_);
  }
  has_launcher_ = all.broadcast(status_ != nullptr ? "1" : "", 0) == "1";
  const auto processes = processes_of(all);
  if (status_ != nullptr) status_->write_ranks(processes);
  auto before = Checkpoint::contents_of(all.broadcast(is_root ? checkpoint_->text() : "", 0));
  head_ = before.head;
  skipped_ = std::move(before.skipped);
  resume_state_ = ResumeState(std::move(before));
}

RunHooks LauncherLink::hooks(const MeasurementConfig& config) {
  RunHooks hooks;
  hooks.has_fresh_ranks = has_launcher_;
  hooks.run_id = head_.run_id;
  hooks.continues = !resume_state_.empty() || !skipped_.empty();
  hooks.earlier_rows = resume_state_.rows();
  hooks.earlier_skipped = skipped_;
  hooks.rest_of = [this](const Plan& plan) { return resume_state_.rest_of(plan); };
  hooks.why_broken = [this](const Problem& problem, const std::string& strategy) {
    return resume_state_.why_broken(problem, strategy);
  };
  if (checkpoint_ == nullptr) return hooks;
  hooks.files_dir = file_.parent_path();
  hooks.publish = [this] { publish(file_); };
  hooks.finish = [this](ExitCode code) {
    static_cast<void>(report_exit_code(code));  // first: a kill from now on changes nothing
    finish(file_);
  };
  hooks.record_skipped = [this](const std::vector<SkippedCell>& cells) { checkpoint_->add_skipped(cells); };
  hooks.begins = [this, config](const PlannedProblem& planned, const std::string& strategy, Phase phase) {
    if (status_ == nullptr) return;
    status_->write_current({planned.problem, strategy}, phase, patience_seconds(config, planned.estimated_seconds));
  };
  hooks.record = [this](const std::vector<Measurement>& rows) {
    if (status_ != nullptr) status_->clear_current();
    checkpoint_->add_rows(rows);
  };
  return hooks;
}

namespace {

/// What ARBITER_PATIENCE_S says, if it is above 0.
std::optional<double> patience_of_user() {
  const char* set = std::getenv("ARBITER_PATIENCE_S");
  if (set == nullptr || !(std::atof(set) > 0.0)) return std::nullopt;
  return std::atof(set);
}

}  // namespace

double patience_seconds(const MeasurementConfig& config, double estimated_seconds) {
  const double usual = 5.0 * static_cast<double>(config.timeout_ms) / 1000.0 + 3.0 * estimated_seconds;
  return patience_of_user().value_or(std::max(60.0, usual));
}

double patience_at_start_seconds() {
  constexpr double least = 10.0;  // processes and interpreters take seconds to start on a machine with other work
  return std::max(least, patience_of_user().value_or(600.0));
}

}  // namespace arbiter
