#include "measure/measure_limits.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/agreement.hpp"
#include "arbiter/error.hpp"
#include "measure/sampler.hpp"

namespace arbiter {

namespace {

constexpr std::int64_t longest_ms = 50;  // a case; there are many, and no decision hangs on their third digit

/// Microseconds of one operation as the case's own quantity.
double value_of(const LimitCase& what, double us, int ranks) {
  switch (what.limit) {
    case Limit::launch: return us;
    case Limit::one_way: return us / (2.0 * static_cast<double>(what.round_trips));
    case Limit::push:
    case Limit::pull:
    case Limit::copy: break;
  }
  const int peers = what.from == LimitCase::all ? ranks - 1 : 1;
  return static_cast<double>(what.bytes) * peers / us / 1e3;
}

class LimitRun {
 public:
  LimitRun(LimitProber& prober, Backend& backend, ProcessGroup& group, const MeasurementConfig& config)
      : prober_(prober), backend_(backend), group_(group), config_(config) {
    config_.time_budget_ms = std::min(config_.time_budget_ms, longest_ms);
  }

  [[nodiscard]] LimitRow measure(const LimitCase& what) {
    LimitRow row{what, Measurement::none, {}};
    std::vector<Contender> contenders(1);
    auto& contender = contenders.front();
    row.reason = together([&] { contender.operation = prober_.probe(what); });
    if (row.reason.empty()) row.reason = together([&] { prober_.clear(); });
    if (row.reason.empty()) row.reason = together([&] { backend_.run(*contender.operation, {}); });
    std::string missing;
    if (row.reason.empty()) row.reason = together([&] { missing = prober_.missing(what); });
    if (row.reason.empty()) row.reason = first_failure(missing, group_);
    if (row.reason.empty()) {
      sample(contenders, {}, backend_, group_, config_);
      row.reason = contender.result.reason;
    }
    if (row.reason.empty()) row.value = value_of(what, contender.result.time_us, group_.size());
    if (!group_.all(!backend_.lost())) throw Error("the limits of this machine: " + row.reason);
    return row;
  }

 private:
  /// A rank that fails alone would leave the others waiting.
  template <class Step>
  [[nodiscard]] std::string together(const Step& step) {
    return first_failure(failure_of(step), group_);
  }

  LimitProber& prober_;
  Backend& backend_;
  ProcessGroup& group_;
  MeasurementConfig config_;
};

}  // namespace

Limits measure_limits(Backend& backend, ProcessGroup& group, const MeasurementConfig& config) {
  Limits limits(group.size());
  if (!group.single_host()) return limits;
  std::unique_ptr<LimitProber> prober;
  const auto failure = first_failure(
      failure_of([&] { prober = backend.limit_prober(group, std::chrono::milliseconds(config.timeout_ms)); }), group);
  if (!failure.empty()) throw Error("the limits of this machine: " + failure);
  if (!group.all(prober != nullptr)) return limits;
  LimitRun run(*prober, backend, group, config);
  for (const auto& what : prober->cases()) limits.add(run.measure(what));
  return limits;
}

std::string to_string(const Limits& limits) {
  std::vector<std::string> known;
  const auto add = [&](double value, const auto& format) {
    if (!std::isnan(value)) known.push_back(fmt::format(fmt::runtime(format), value));
  };
  add(limits.launch_us(), "an operation starts in {:.3g} us");
  add(limits.one_way_us(), "a word takes {:.3g} us");
  add(limits.gigabytes_per_second(), "{:.4g} GB/s out of every rank at once");
  return known.empty() ? "no limit is known" : fmt::format("{}", fmt::join(known, ", "));
}

}  // namespace arbiter
