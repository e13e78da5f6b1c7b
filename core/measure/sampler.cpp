// SPDX-License-Identifier: Apache-2.0
#include "measure/sampler.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "arbiter/process_group.hpp"
#include "measure/statistics.hpp"
#include "model/nanoseconds.hpp"

namespace arbiter {

namespace {

constexpr std::size_t fewest_samples = 3;  // even if one operation exceeds the budget
constexpr std::int64_t most_iterations = 10'000;
constexpr int most_lengthenings = 3;

/// The samples of one candidate. Every decision depends on maxima over ranks only, so all ranks decide alike.
class Series {
 public:
  Series(Candidate& candidate, const Bindings& bindings, Backend& backend, ProcessGroup& group,
         const MeasurementConfig& config, const std::function<void(const Candidate&)>& begins)
      : candidate_(candidate), bindings_(bindings), backend_(backend), group_(group), config_(config), begins_(begins) {
    choose_iterations();
  }

  void take_sample() {
    const double us = time(iterations_per_sample_);
    if (candidate_.threw) return;
    samples_.push_back(us / static_cast<double>(iterations_per_sample_));
    spent_us_ += us;
    if (done()) lengthen();
  }

  [[nodiscard]] bool done() const {
    if (candidate_.threw) return true;
    const auto count = static_cast<std::int64_t>(samples_.size());
    if (samples_.size() < fewest_samples) return false;
    if (count >= config_.max_samples || spent_us_ >= static_cast<double>(config_.time_budget_ms) * 1000.0) return true;
    return count >= config_.min_samples &&
           summarise(samples_).relative_half_width() * 100.0 <= config_.precision_percent;
  }

  [[nodiscard]] bool lost() const { return candidate_.lost; }

  void store() {
    if (candidate_.threw) return;
    const auto summary = summarise(samples_);
    auto& result = candidate_.result;
    result.time_us = rounded_to_nanoseconds(summary.median);
    result.min_us = rounded_to_nanoseconds(summary.minimum);
    result.p95_us = rounded_to_nanoseconds(summary.p95);
    result.ci_low_us = rounded_to_nanoseconds(summary.ci_low);
    result.ci_high_us = rounded_to_nanoseconds(summary.ci_high);
    result.iterations_per_sample = iterations_per_sample_;
    result.graph = sample_ != nullptr && sample_->graph();
    result.samples = static_cast<std::int64_t>(samples_.size());
  }

 private:
  /// The maximum over ranks; 0 and a failed candidate, on every rank, if any rank's operation threw.
  [[nodiscard]] double time(std::int64_t iterations_per_sample) {
    begins_(candidate_);
    // A step of its own: a rank that could not make the sample must not leave the others waiting in it.
    if (sample_ == nullptr || iterations_per_sample != sample_iterations_) {
      sample_iterations_ = iterations_per_sample;
      sample_.reset();
      group_.barrier();  // no rank starts before begins_() has run on the others
      const double failed = all_or_fail([&] {
        sample_ = backend_.sample(*candidate_.operation, bindings_, iterations_per_sample, config_.graph);
        return 0.0;
      });
      if (candidate_.threw) return failed;
    }
    return all_or_fail([&] { return sample_->time(group_); });
  }

  template <class Step>
  [[nodiscard]] double all_or_fail(const Step& step) {
    double us = 0.0;
    const auto failure = failure_of([&] { us = step(); });
    std::array<double, 3> agreed{us, failure.empty() ? 0.0 : 1.0, !failure.empty() && backend_.lost() ? 1.0 : 0.0};
    group_.max(agreed);
    if (agreed[1] == 0.0) return agreed[0];
    candidate_.threw = true;
    candidate_.lost = agreed[2] != 0.0;
    candidate_.result.failed = true;
    candidate_.result.reason = first_failure(failure, group_);
    return 0.0;
  }

  /// How many operations of `each_us` make a sample long enough for the clock.
  [[nodiscard]] std::int64_t iterations_for(double each_us) const {
    const double wanted = std::ceil(config_.min_sample_us / std::max(each_us, 1e-3));
    return static_cast<std::int64_t>(std::clamp(wanted, 1.0, static_cast<double>(most_iterations)));
  }

  /// Raises the iterations until a sample is long enough for the clock. These runs are the warm-up too.
  void choose_iterations() {
    for (int round = 0; round < 4; ++round) {
      const std::int64_t next =
          iterations_for(time(iterations_per_sample_) / static_cast<double>(iterations_per_sample_));
      if (candidate_.threw) return;
      const bool settled = round > 0 && next <= iterations_per_sample_ * 2;
      iterations_per_sample_ = next;
      if (settled) return;
    }
  }

  /// Restarts with more iterations if the samples are far too short: the runs that chose them may have been slow.
  void lengthen() {
    if (candidate_.threw) return;
    const double each_us = summarise(samples_).median;
    if (iterations_per_sample_ == most_iterations || lengthened_ == most_lengthenings) return;
    if (each_us * static_cast<double>(iterations_per_sample_) >= 0.75 * config_.min_sample_us) return;
    ++lengthened_;
    iterations_per_sample_ = iterations_for(each_us);
    samples_.clear();
    spent_us_ = 0.0;
    static_cast<void>(time(iterations_per_sample_));
  }

  Candidate& candidate_;
  const Bindings& bindings_;
  Backend& backend_;
  ProcessGroup& group_;
  const MeasurementConfig& config_;
  const std::function<void(const Candidate&)>& begins_;
  std::int64_t iterations_per_sample_ = 1;
  std::unique_ptr<Sample> sample_;
  std::int64_t sample_iterations_ = 0;  // of sample_
  std::vector<double> samples_;
  double spent_us_ = 0.0;
  int lengthened_ = 0;
};

}  // namespace

void sample(std::vector<Candidate>& candidates, const Bindings& bindings, Backend& backend, ProcessGroup& group,
            const MeasurementConfig& config, const std::function<void(const Candidate&)>& begins) {
  std::vector<Series> running;
  running.reserve(candidates.size());
  for (auto& candidate : candidates) {
    if (candidate.result.failed) continue;
    running.emplace_back(candidate, bindings, backend, group, config, begins);
    if (candidate.lost) return;
  }
  for (bool more = true; more;) {
    more = false;
    for (auto& series : running) {
      if (series.done()) continue;
      series.take_sample();
      if (series.lost()) return;
      more = true;
    }
  }
  for (auto& series : running) series.store();
}

}  // namespace arbiter
