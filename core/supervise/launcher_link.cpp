// SPDX-License-Identifier: Apache-2.0
#include "supervise/launcher_link.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

#include "io/provenance.hpp"

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

LauncherLink::LauncherLink(World& world) : term_marker_(world.all().rank()) {
  auto& all = world.all();
  if (all.rank() == 0) checkpoint_ = Checkpoint::of_launcher();
  is_there_ = all.broadcast(checkpoint_ != nullptr ? "1" : "", 0) == "1";
  if (!is_there_) return;
  const auto processes = processes_of(all);
  if (checkpoint_ != nullptr) checkpoint_->write_ranks(processes);
  auto before = Checkpoint::contents_of(all.broadcast(checkpoint_ != nullptr ? checkpoint_->text() : "", 0));
  skipped_ = std::move(before.skipped);
  resume_state_ = ResumeState(std::move(before));
}

RunHooks LauncherLink::hooks(const MeasurementConfig& config) {
  RunHooks hooks;
  hooks.has_fresh_ranks = is_there_;
  if (const char* run_id = std::getenv(run_id_variable); run_id != nullptr && is_run_id(run_id)) hooks.run_id = run_id;
  hooks.continues = !resume_state_.empty() || !skipped_.empty();
  hooks.earlier_rows = resume_state_.rows();
  hooks.earlier_skipped = skipped_;
  hooks.rest_of = [this](const Plan& plan) { return resume_state_.rest_of(plan); };
  hooks.why_broken = [this](const Problem& problem, const std::string& strategy) {
    return resume_state_.why_broken(problem, strategy);
  };
  if (checkpoint_ == nullptr) return hooks;
  hooks.begins = [this, config](const PlannedProblem& planned, const std::string& strategy) {
    checkpoint_->write_current({planned.problem, strategy}, patience_seconds(config, planned.estimated_seconds));
  };
  hooks.record_skipped = [this](const std::vector<SkippedCell>& cells) {
    for (const auto& cell : cells) checkpoint_->add_skipped(cell);
  };
  hooks.record = [this](const std::vector<Measurement>& rows) {
    for (const auto& row : rows) checkpoint_->add_row(row);
    checkpoint_->clear_current();
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
