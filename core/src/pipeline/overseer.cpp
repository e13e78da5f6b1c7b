#include "pipeline/overseer.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include <unistd.h>

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

Overseer::Overseer(World& world) : end_notice_(world.all().rank()) {
  auto& all = world.all();
  if (all.rank() == 0) journal_ = Journal::of_launcher();
  is_there_ = all.broadcast(journal_ != nullptr ? "1" : "", 0) == "1";
  if (!is_there_) return;
  const auto processes = processes_of(all);
  if (journal_ != nullptr) journal_->write_ranks(processes);
  resumption_ = Resumption(Journal::contents_of(all.broadcast(journal_ != nullptr ? journal_->text() : "", 0)));
}

RaceWatch Overseer::watch(const MeasurementConfig& config) {
  RaceWatch watch;
  watch.why_broken = [this](const Problem& problem, const std::string& strategy) {
    return resumption_.why_broken(problem, strategy);
  };
  watch.has_fresh_ranks = is_there_;
  if (journal_ == nullptr) return watch;
  watch.begins = [this, config](const PlannedProblem& planned, const std::string& strategy) {
    journal_->write_current({planned.problem, strategy}, patience_seconds(config, planned.estimated_seconds));
  };
  return watch;
}

void Overseer::take(const std::vector<Measurement>& rows) {
  if (journal_ == nullptr) return;
  for (const auto& row : rows) journal_->add_row(row);
  journal_->clear_current();
}

double patience_seconds(const MeasurementConfig& config, double estimated_seconds) {
  if (const char* set = std::getenv("ARBITER_PATIENCE_S"); set != nullptr && std::atof(set) > 0.0) {
    return std::atof(set);
  }
  return std::max(60.0, 5.0 * static_cast<double>(config.timeout_ms) / 1000.0 + 3.0 * estimated_seconds);
}

}  // namespace arbiter
