// SPDX-License-Identifier: Apache-2.0
#include "measure/run_probe.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"
#include "arbiter/units.hpp"
#include "measure/sampler.hpp"

namespace arbiter {

namespace {

constexpr std::int64_t most_needed_samples = 6;
constexpr std::int64_t longest_ms = 50;  // per case; there are many, and no decision depends on their third digit

/// The quantity of the case, from the microseconds of one operation.
double value_of(const ProbeCase& what, double us, int ranks) {
  switch (what.kind) {
    case ProbeKind::launch: return us;
    case ProbeKind::one_way: return us / (2.0 * static_cast<double>(what.round_trips));
    case ProbeKind::push:
    case ProbeKind::pull:
    case ProbeKind::copy: break;
  }
  const int peers = what.from == ProbeCase::all ? ranks - 1 : 1;
  return static_cast<double>(what.bytes) * peers / us / 1e3;
}

class ProbeRun {
 public:
  ProbeRun(MachineProber& prober, Backend& backend, ProcessGroup& group, MeasurementConfig config)
      : prober_(prober), backend_(backend), group_(group), config_(std::move(config)) {
    config_.time_target_ms = std::min(config_.time_target_ms, longest_ms);
    config_.min_samples = std::min(config_.min_samples, most_needed_samples);
  }

  [[nodiscard]] ProbeRow measure(const ProbeCase& what) {
    ProbeRow row{what, Measurement::none, {}};
    std::vector<Candidate> candidates(1);
    auto& candidate = candidates.front();
    row.reason = together([&] { candidate.operation = prober_.probe(what); });
    if (row.reason.empty()) row.reason = together([&] { prober_.clear(); });
    if (row.reason.empty()) row.reason = together([&] { backend_.run(*candidate.operation, {}); });
    std::string missing;
    if (row.reason.empty()) row.reason = together([&] { missing = prober_.missing(what); });
    if (row.reason.empty()) row.reason = first_failure(missing, group_);
    if (row.reason.empty()) {
      sample(candidates, Bindings{}, backend_, group_, config_);
      row.reason = candidate.result.reason;
    }
    if (row.reason.empty()) row.value = value_of(what, candidate.result.time_us, group_.size());
    if (!group_.all(!backend_.lost())) throw Error("the machine probe: " + row.reason);
    return row;
  }

 private:
  /// A rank that fails alone would leave the others waiting.
  template <class Step>
  [[nodiscard]] std::string together(const Step& step) {
    return first_failure(failure_of(step), group_);
  }

  MachineProber& prober_;
  Backend& backend_;
  ProcessGroup& group_;
  MeasurementConfig config_;
};

}  // namespace

MachineProbe run_probe(Backend& backend, ProcessGroup& group, const MeasurementConfig& config) {
  MachineProbe probe(group.size());
  if (!group.single_host()) return probe;
  std::unique_ptr<MachineProber> prober;
  const auto failure = first_failure(
      failure_of([&] { prober = backend.machine_prober(group, std::chrono::milliseconds(config.timeout_ms)); }), group);
  if (!failure.empty()) throw Error("the machine probe: " + failure);
  if (!group.all(prober != nullptr)) return probe;
  ProbeRun run(*prober, backend, group, config);
  for (const auto& what : prober->cases()) probe.add(run.measure(what));
  return probe;
}

std::string to_string(const MachineProbe& probe) {
  std::vector<std::string> known;
  const double launch = probe.launch_us();
  const double one_way = probe.one_way_us();
  const double rate = probe.gigabytes_per_second();
  if (!std::isnan(launch)) known.push_back(fmt::format("an operation starts in {}", time_text(launch)));
  if (!std::isnan(one_way)) known.push_back(fmt::format("a word takes {}", time_text(one_way)));
  if (!std::isnan(rate)) known.push_back(fmt::format("{:.4g} GB/s out of every rank at once", rate));
  return known.empty() ? "nothing was probed" : fmt::format("{}", fmt::join(known, ", "));
}

}  // namespace arbiter
