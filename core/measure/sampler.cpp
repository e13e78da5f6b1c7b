// SPDX-License-Identifier: Apache-2.0
#include "measure/sampler.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <random>

#include <fmt/format.h>

#include "arbiter/process_group.hpp"
#include "arbiter/units.hpp"
#include "measure/statistics.hpp"
#include "model/nanoseconds.hpp"

namespace arbiter {

namespace {

constexpr std::int64_t most_iterations = 10'000;
constexpr int most_lengthenings = 3;
constexpr std::size_t samples_to_judge_length = 3;
constexpr double longest_pair = 10.0;  // with neighbours a sample may take this many times min_sample_us

/// The delay of each iteration's neighbour on a rank. Every rank computes the same.
std::vector<double> delays_of_rank(const MeasurementConfig& config, int rank, std::int64_t count) {
  std::mt19937_64 random(static_cast<std::uint64_t>(config.seed) * 1'000'003 + static_cast<std::uint64_t>(rank));
  std::uniform_real_distribution<double> delay(0.0, config.skew_us);
  std::vector<double> delays(static_cast<std::size_t>(count));
  for (double& each : delays) each = delay(random);
  return delays;
}

/// The samples of one candidate. Every decision depends on maxima over ranks only, so all ranks decide alike.
class Series {
 public:
  Series(Candidate& candidate, const SampleSubject& subject, Backend& backend, ProcessGroup& group,
         const MeasurementConfig& config, const std::function<void(const Candidate&)>& begins)
      : candidate_(candidate), subject_(subject), backend_(backend), group_(group), config_(config), begins_(begins) {
    choose_iterations();
    judge_one("before timing");
  }

  void take_sample() {
    const bool judged = subject_.poison && samples_.size() == judged_sample();
    if (judged) poison();
    const auto start = std::chrono::steady_clock::now();
    const double us = time();
    if (over()) return;
    samples_.push_back(us / static_cast<double>(iterations_per_sample_));
    spent_us_ += spent_of(us, start);
    // To be narrow enough twice in a row, or at fewer looks, takes more samples and holds the median no more often:
    // who looks independent by chance still does at the next look. The interval allows for it instead.
    precise_ = static_cast<std::int64_t>(samples_.size()) >= config_.min_samples &&
               summarise(samples_).relative_half_width() * 100.0 <= config_.precision_percent;
    if (judged) judge("while timed");
    if (!over() && (samples_.size() == samples_to_judge_length || done())) lengthen();
  }

  /// Whether its interval is narrow enough, or it may not go on.
  [[nodiscard]] bool done() const { return precise_ || must_stop(); }
  /// Whether it may not go on, although others do.
  [[nodiscard]] bool must_stop() const {
    const auto count = static_cast<std::int64_t>(samples_.size());
    if (over() || count >= config_.max_samples) return true;
    return count >= config_.min_samples && spent_us_ >= static_cast<double>(config_.time_target_ms) * 1000.0;
  }
  [[nodiscard]] bool lost() const { return candidate_.lost; }

  /// Judges a last sample and stores the figures.
  void finish() {
    judge_one("after timing");
    if (over()) return;
    const auto summary = summarise(samples_);
    auto& result = candidate_.result;
    if (!(summary.median > 0.0) && alone_ != nullptr) {
      return fail(fmt::format("with it, its neighbours took {} longer each: too little to tell from the noise",
                              time_text(summary.median)));
    }
    result.time_us = rounded_to_nanoseconds(summary.median);
    result.min_us = rounded_to_nanoseconds(summary.minimum);
    result.p95_us = rounded_to_nanoseconds(summary.p95);
    result.ci_low_us = rounded_to_nanoseconds(summary.ci_low);
    result.ci_high_us = rounded_to_nanoseconds(summary.ci_high);
    result.iterations_per_sample = iterations_per_sample_;
    result.setting.graph = sample_ != nullptr && sample_->graph();
    result.samples = static_cast<std::int64_t>(samples_.size());
  }

 private:
  [[nodiscard]] bool over() const { return candidate_.result.failed; }

  /// The number of the sample that counts and is judged: another one for each strategy and seed.
  [[nodiscard]] std::size_t judged_sample() const {
    const auto name = std::hash<std::string>()(candidate_.strategy);
    return (name + static_cast<std::size_t>(config_.seed)) % static_cast<std::size_t>(config_.min_samples);
  }

  void poison() {
    const auto failure = first_failure(failure_of([&] { subject_.poison(); }), group_);
    if (!failure.empty()) fail(failure);
    group_.barrier();
  }

  void judge(const char* when) {
    auto wrong = subject_.judge(candidate_, iterations_per_sample_);
    if (!wrong.empty()) fail(fmt::format("{}: {}", when, wrong));
  }

  void judge_one(const char* when) {
    if (over() || !subject_.poison) return;
    poison();
    if (!over()) static_cast<void>(time());
    if (!over()) judge(when);
  }

  void fail(const std::string& reason) {
    candidate_.result.failed = true;
    candidate_.result.reason = reason;
  }

  /// The longest of the wall time, in which isolated operations wait for each other, and of the time that was measured.
  [[nodiscard]] double spent_of(double us, std::chrono::steady_clock::time_point start) {
    const std::chrono::duration<double, std::micro> wall = std::chrono::steady_clock::now() - start;
    return has_neighbour(subject_.context) || subject_.context == Context::isolated
               ? std::max(us, group_.max(wall.count()))
               : us;
  }

  /// The time of all operations of a sample.
  [[nodiscard]] double time() {
    begins_(candidate_);
    make_samples();
    if (over()) return 0.0;
    const auto of = [&](Sample& sample) { return over() ? 0.0 : all_or_fail([&] { return sample.time(group_); }); };
    if (alone_ == nullptr) return of(*sample_);
    const bool alone_first = turn_++ % 2 == 1;
    const double before = alone_first ? of(*alone_) : 0.0;
    whole_us_ = of(*sample_);
    return whole_us_ - (alone_first ? before : of(*alone_));
  }

  /// A step of its own: a rank that could not make the sample must not leave the others waiting in it.
  void make_samples() {
    if (sample_ != nullptr && iterations_per_sample_ == sample_iterations_) return;
    sample_iterations_ = iterations_per_sample_;
    sample_.reset();
    alone_.reset();
    group_.barrier();  // no rank starts before begins_() has run on the others
    static_cast<void>(all_or_fail([&] {
      SampleRequest request{subject_.context, config_.graph, subject_.iterations(iterations_per_sample_),
                            subject_.neighbour};
      if (!has_neighbour(subject_.context)) {
        sample_ = backend_.sample(candidate_.operation.get(), request);
        return 0.0;
      }
      // Alone, all neighbours are as late as the latest, for which an operation would wait.
      std::vector<double> latest(request.iterations.size(), 0.0);
      for (int rank = 0; rank < group_.size() && config_.skew_us > 0.0; ++rank) {
        const auto delays = delays_of_rank(config_, rank, iterations_per_sample_);
        for (std::size_t i = 0; i < delays.size(); ++i) {
          latest[i] = std::max(latest[i], delays[i]);
          if (rank == group_.rank()) request.iterations[i].delay_us = delays[i];
        }
      }
      sample_ = backend_.sample(candidate_.operation.get(), request);
      for (std::size_t i = 0; i < latest.size(); ++i) request.iterations[i].delay_us = latest[i];
      alone_ = backend_.sample(nullptr, request);
      return 0.0;
    }));
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
    fail(first_failure(failure, group_));
    return 0.0;
  }

  /// How many operations of `each_us` make a sample long enough for the clock.
  [[nodiscard]] std::int64_t iterations_for(double each_us) const {
    double wanted = std::ceil(config_.min_sample_us / std::max(each_us, 1e-3));
    if (alone_ != nullptr) {
      const double pair_us = whole_us_ / static_cast<double>(iterations_per_sample_);
      wanted = std::min(wanted, std::ceil(longest_pair * config_.min_sample_us / std::max(pair_us, 1e-3)));
    }
    // Two on different messages, or an old output would be right again.
    const double fewest = subject_.poison ? 2.0 : 1.0;
    return static_cast<std::int64_t>(std::clamp(wanted, fewest, static_cast<double>(most_iterations)));
  }

  /// Raises the iterations until a sample is long enough for the clock. These runs are the warm-up too.
  void choose_iterations() {
    for (int round = 0; round < 4; ++round) {
      const std::int64_t next = iterations_for(time() / static_cast<double>(iterations_per_sample_));
      if (over()) return;
      const bool settled = round > 0 && next <= iterations_per_sample_ * 2;
      iterations_per_sample_ = next;
      if (settled) return;
    }
  }

  /// Restarts with more iterations if the samples are far too short: the runs that chose them may have been slow.
  void lengthen() {
    const double each_us = summarise(samples_).median;
    const std::int64_t wanted = iterations_for(each_us);
    if (lengthened_ == most_lengthenings || 3 * wanted <= 4 * iterations_per_sample_) return;
    ++lengthened_;
    iterations_per_sample_ = wanted;
    samples_.clear();
    precise_ = false;
    spent_us_ = 0.0;
    static_cast<void>(time());  // a warm-up
    judge_one("before timing");
  }

  Candidate& candidate_;
  const SampleSubject& subject_;
  Backend& backend_;
  ProcessGroup& group_;
  const MeasurementConfig& config_;
  const std::function<void(const Candidate&)>& begins_;
  std::int64_t iterations_per_sample_ = 1;
  std::unique_ptr<Sample> sample_;
  std::unique_ptr<Sample> alone_;       // of the neighbours; null without
  std::int64_t sample_iterations_ = 0;  // of sample_
  double whole_us_ = 0.0;               // of the last sample_ if there are neighbours
  std::uint64_t turn_ = 0;
  std::vector<double> samples_;
  bool precise_ = false;  // by the samples so far
  double spent_us_ = 0.0;
  int lengthened_ = 0;
};

}  // namespace

void sample(std::vector<Candidate>& candidates, const SampleSubject& subject, Backend& backend, ProcessGroup& group,
            const MeasurementConfig& config, const std::function<void(const Candidate&)>& begins) {
  std::vector<Series> running;
  running.reserve(candidates.size());
  for (auto& candidate : candidates) {
    if (candidate.result.failed) continue;
    running.emplace_back(candidate, subject, backend, group, config, begins);
    if (candidate.lost) return;
  }
  std::mt19937_64 random(static_cast<std::uint64_t>(config.seed));
  std::vector<Series*> order;
  order.reserve(running.size());
  for (auto& series : running) order.push_back(&series);
  // One that has enough goes on with the others: all are measured over the same time of the machine.
  while (!std::ranges::all_of(running, &Series::done)) {
    std::ranges::shuffle(order, random);
    for (Series* series : order) {
      if (series->must_stop()) continue;
      series->take_sample();
      if (series->lost()) return;
    }
  }
  for (auto& series : running) {
    series.finish();
    if (series.lost()) return;
  }
}

void sample(std::vector<Candidate>& candidates, const Bindings& bindings, Backend& backend, ProcessGroup& group,
            const MeasurementConfig& config, const std::function<void(const Candidate&)>& begins) {
  SampleSubject subject;
  subject.iterations = [&](std::int64_t count) {
    return std::vector<Iteration>(static_cast<std::size_t>(count), Iteration{bindings, nullptr, nullptr, 0.0});
  };
  sample(candidates, subject, backend, group, config, begins);
}

}  // namespace arbiter
