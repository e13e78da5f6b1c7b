// SPDX-License-Identifier: Apache-2.0
#include "measure/sampler.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <thread>

#include "arbiter/error.hpp"
#include "group_fixture.hpp"
#include "measure/statistics.hpp"

namespace arbiter {
namespace {

/// Takes its time and counts how often it was asked.
class Waiting : public Operation {
 public:
  Waiting(std::chrono::microseconds each, int& calls) : each_(each), calls_(calls) {}
  void enqueue(const Bindings&) override {
    ++calls_;
    const auto end = std::chrono::steady_clock::now() + each_;
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
  }

 private:
  std::chrono::microseconds each_;
  int& calls_;
};

/// The first calls take longer than a sample.
class SlowAtFirst : public Operation {
 public:
  explicit SlowAtFirst(int& calls) : calls_(calls) {}
  void enqueue(const Bindings&) override {
    if (++calls_ <= 4) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  int& calls_;
};

class FailsOnTheLastRank : public Operation {
 public:
  explicit FailsOnTheLastRank(const ProcessGroup& group) : fails_(group.rank() == group.size() - 1) {}
  void enqueue(const Bindings&) override {
    if (fails_ && ++calls_ > 3) throw Error("lost its peer");
  }

 private:
  bool fails_;
  int calls_ = 0;
};

class DoesNothing : public Operation {
 public:
  void enqueue(const Bindings& /*none*/) override {}
};

/// Runs nothing: the test says how long each sample of `iterations_per_sample` operations took, the `turn`-th that was
/// taken.
class MadeUpClock : public Backend {
 public:
  using Clock = std::function<double(std::int64_t iterations_per_sample, int turn)>;

  explicit MadeUpClock(
      Clock us, std::function<bool()> lost = [] { return false; })
      : us_(std::move(us)), lost_(std::move(lost)) {}
  [[nodiscard]] bool lost() const override { return lost_(); }
  [[nodiscard]] Support do_available() const override { return Support::yes(); }
  [[nodiscard]] std::string name() const override { return "host"; }
  [[nodiscard]] Machine do_machine() const override { return {}; }
  [[nodiscard]] std::int64_t free_bytes(int /*ranks*/) const override { return 0; }
  [[nodiscard]] std::unique_ptr<Buffer> do_allocate(std::size_t /*bytes*/) override { return nullptr; }
  void copy_in(void* /*to*/, const void* /*from*/, std::size_t /*bytes*/) override {}
  void copy_out(void* /*to*/, const void* /*from*/, std::size_t /*bytes*/) override {}
  void fill(void* /*to*/, unsigned char /*byte*/, std::size_t /*bytes*/) override {}
  void run(Operation& /*operation*/, const Bindings& /*bindings*/) override {}
  /// The delays of the last sample with operations, and of the last with neighbours alone.
  std::vector<double> delays, delays_alone;

  [[nodiscard]] std::vector<Context> contexts() const override { return {Context::back_to_back, Context::engine}; }
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation* operation, const SampleRequest& request) override {
    auto& of_request = operation == nullptr ? delays_alone : delays;
    of_request.clear();
    for (const auto& iteration : request.iterations) of_request.push_back(iteration.delay_us);
    return std::make_unique<MadeUp>(*this, static_cast<std::int64_t>(request.iterations.size()), request.graph);
  }

 private:
  class MadeUp : public Sample {
   public:
    MadeUp(MadeUpClock& clock, std::int64_t iterations_per_sample, bool graph)
        : clock_(clock), iterations_per_sample_(iterations_per_sample), graph_(graph) {}
    [[nodiscard]] double time(ProcessGroup& /*group*/) override {
      return clock_.us_(iterations_per_sample_, clock_.turn_++);
    }
    [[nodiscard]] bool graph() const override { return graph_; }

   private:
    MadeUpClock& clock_;
    std::int64_t iterations_per_sample_;
    bool graph_;
  };

  Clock us_;
  std::function<bool()> lost_;
  int turn_ = 0;
};

class Sampler : public GroupFixture {
 protected:
  static Candidate idle(const std::string& name) {
    Candidate candidate;
    candidate.strategy = name;
    candidate.operation = std::make_unique<DoesNothing>();
    return candidate;
  }

  Measurement sampled_by(MadeUpClock::Clock us) {
    MadeUpClock clock(std::move(us));
    std::vector<Candidate> candidates;
    candidates.push_back(idle("MADE_UP"));
    arbiter::sample(candidates, Bindings{}, clock, group_, config_);
    return candidates.front().result;
  }

  Candidate waiting(int microseconds, int& calls) const {
    Candidate candidate;
    candidate.strategy = "WAIT" + std::to_string(microseconds);
    candidate.operation = std::make_unique<Waiting>(std::chrono::microseconds(microseconds), calls);
    return candidate;
  }

  MeasurementConfig config_{.precision_percent = 50.0, .time_target_ms = 20, .min_samples = 5, .max_samples = 50};
};

TEST_F(Sampler, MeasuresWhatAnOperationTakes) {
  int calls = 0;
  std::vector<Candidate> candidates;
  candidates.push_back(waiting(300, calls));
  config_.min_samples = 6;  // the fewest that have an interval
  sample(candidates, Bindings{}, *backend_, group_, config_);
  const auto& row = candidates.front().result;
  EXPECT_GE(row.time_us, 300.0);
  EXPECT_GE(row.samples, 3);
  EXPECT_LE(row.min_us, row.time_us);
  EXPECT_LE(row.ci_low_us, row.time_us);
  EXPECT_GE(row.ci_high_us, row.time_us);
  EXPECT_EQ(std::round(row.time_us * 1000.0) / 1000.0, row.time_us) << "times are whole nanoseconds";
}

TEST_F(Sampler, RepeatsShortOperationsWithinASample) {
  int calls = 0;
  std::vector<Candidate> candidates;
  candidates.push_back(waiting(0, calls));  // which gives its processor away to nobody
  config_.min_sample_us = 200.0;
  sample(candidates, Bindings{}, *backend_, group_, config_);
  EXPECT_GT(candidates.front().result.iterations_per_sample, 1);
  EXPECT_GE(calls, candidates.front().result.iterations_per_sample * candidates.front().result.samples);
}

TEST_F(Sampler, LengthensSamplesThatSlowFirstRunsMadeTooShort) {
  int calls = 0;
  std::vector<Candidate> candidates;
  auto& candidate = candidates.emplace_back();
  candidate.strategy = "WARMS_UP";
  candidate.operation = std::make_unique<SlowAtFirst>(calls);
  config_.min_sample_us = 200.0;
  sample(candidates, Bindings{}, *backend_, group_, config_);
  EXPECT_GT(candidate.result.iterations_per_sample, 4);
  EXPECT_GE(candidate.result.samples, 3);
}

TEST_F(Sampler, StopsAtTheLargestNumberOfSamples) {
  int calls = 0;
  std::vector<Candidate> candidates;
  candidates.push_back(waiting(5, calls));
  config_ = {.precision_percent = 0.0, .time_target_ms = 10'000, .min_samples = 5, .max_samples = 12};
  sample(candidates, Bindings{}, *backend_, group_, config_);
  EXPECT_EQ(candidates.front().result.samples, 12);
}

TEST_F(Sampler, TakesAsManySamplesAsItMustEvenBeyondTheTarget) {
  int calls = 0;
  std::vector<Candidate> candidates;
  candidates.push_back(waiting(2000, calls));
  config_ = {.precision_percent = 0.0, .time_target_ms = 1, .min_samples = 10, .max_samples = 100};
  sample(candidates, Bindings{}, *backend_, group_, config_);
  EXPECT_EQ(candidates.front().result.samples, 10);
}

TEST_F(Sampler, AllRanksGetTheSameRow) {
  int calls = 0;
  std::vector<Candidate> candidates;
  candidates.push_back(waiting(20 * (group_.rank() + 1), calls));
  sample(candidates, Bindings{}, *backend_, group_, config_);
  const auto& row = candidates.front().result;
  EXPECT_EQ(group_.max(row.time_us), row.time_us);
  EXPECT_EQ(group_.max(static_cast<double>(row.samples)), static_cast<double>(row.samples));
  EXPECT_GE(row.time_us, 20.0 * group_.size()) << "the slowest rank's time counts";
}

TEST_F(Sampler, AContenderThatThrowsOnOneRankFailsOnAllAndTheOthersGoOn) {
  int calls = 0;
  std::vector<Candidate> candidates;
  auto& failing = candidates.emplace_back();
  failing.strategy = "FAILS";
  failing.operation = std::make_unique<FailsOnTheLastRank>(group_);
  candidates.push_back(waiting(50, calls));
  sample(candidates, Bindings{}, *backend_, group_, config_);
  EXPECT_TRUE(candidates[0].result.failed);
  EXPECT_TRUE(candidates[0].threw);
  EXPECT_EQ(candidates[0].result.reason, "rank " + std::to_string(group_.size() - 1) + ": lost its peer");
  EXPECT_TRUE(std::isnan(candidates[0].result.time_us));
  EXPECT_FALSE(candidates[1].result.failed);
  EXPECT_TRUE(candidates[1].result.usable());
}

TEST_F(Sampler, LeavesFailedContendersAlone) {
  int calls = 0;
  std::vector<Candidate> candidates;
  candidates.push_back(waiting(1, calls));
  candidates.front().result.failed = true;
  sample(candidates, Bindings{}, *backend_, group_, config_);
  EXPECT_EQ(calls, 0);
}

TEST_F(Sampler, TimesAreThoseOfOneOperation) {
  const auto row = sampled_by(
      [](std::int64_t iterations_per_sample, int) { return 10.0 * static_cast<double>(iterations_per_sample); });
  EXPECT_EQ(row.iterations_per_sample, 10);  // for the usual 100 us
  EXPECT_EQ(row.samples, 6);                 // the fewest that have an interval
  EXPECT_EQ(row.time_us, 10.0);
  EXPECT_EQ(row.min_us, 10.0);
  EXPECT_EQ(row.p95_us, 10.0);
  EXPECT_EQ(row.ci_low_us, 10.0);
  EXPECT_EQ(row.ci_high_us, 10.0);
}

TEST_F(Sampler, EveryFigureOfARowIsItsOwn) {
  config_ = {.precision_percent = 0.0, .min_samples = 20, .max_samples = 20, .min_sample_us = 1.0};
  // Two warm-ups, then 101 to 120 us in a mixed order.
  const auto us = [](int turn) { return 101.0 + 7 * turn % 20; };
  const auto row = sampled_by([&](std::int64_t, int turn) { return us(turn); });
  std::vector<double> samples;
  for (int turn = 2; turn < 22; ++turn) samples.push_back(us(turn));
  const auto expected = summarise(samples);
  EXPECT_EQ(row.samples, 20);
  EXPECT_EQ(row.time_us, 110.5);
  EXPECT_EQ(row.min_us, 101.0);
  EXPECT_EQ(row.p95_us, 119.0);
  EXPECT_NEAR(row.ci_low_us, expected.ci_low, 0.0005);
  EXPECT_NEAR(row.ci_high_us, expected.ci_high, 0.0005);
  EXPECT_TRUE(row.ci_low_us > 101.0 && row.ci_low_us < 110.0);
  EXPECT_TRUE(row.ci_high_us > 111.0 && row.ci_high_us < 120.0);
}

TEST_F(Sampler, TheSlowestRankCountsExactly) {
  const auto row = sampled_by([&](std::int64_t iterations_per_sample, int) {
    return 10.0 * (group_.rank() + 1) * static_cast<double>(iterations_per_sample);
  });
  EXPECT_EQ(row.time_us, 10.0 * group_.size());
}

TEST_F(Sampler, EndsWhenTheHalfWidthIsAsManyPercentOfTheMedian) {
  // Of 8 and 12 us in turn the interval is 8 to 12 and the median 10 after an even number of samples, 8 after an odd.
  const auto samples = [&](double percent) {
    config_ = {.precision_percent = percent, .min_samples = 5, .max_samples = 12, .min_sample_us = 1.0};
    return sampled_by([](std::int64_t, int turn) { return turn % 2 == 0 ? 8.0 : 12.0; }).samples;
  };
  const auto wide = [](int count) {
    std::vector<double> turns;
    turns.reserve(static_cast<std::size_t>(count));
    for (int turn = 0; turn < count; ++turn) turns.push_back(turn % 2 == 0 ? 8.0 : 12.0);
    return summarise(turns).relative_half_width() * 100.0;
  };
  EXPECT_EQ(samples(1e9), 6) << "fewer have no interval";
  EXPECT_EQ(samples(wide(6) + 0.1), 6);
  EXPECT_EQ(samples(0.2), 12);
  EXPECT_GT(samples(wide(6) - 0.1), 6);
}

TEST_F(Sampler, EndsWhenItsSamplesHaveTakenTheBudget) {
  config_ = {.precision_percent = -1.0, .time_target_ms = 1, .min_samples = 5, .max_samples = 100};
  const auto row = sampled_by(
      [](std::int64_t iterations_per_sample, int) { return 10.0 * static_cast<double>(iterations_per_sample); });
  EXPECT_EQ(row.samples, 10);
}

TEST_F(Sampler, BeginsAgainWithAWholeBudgetAndAWarmUpWhenItLengthens) {
  config_ = {.precision_percent = -1.0, .time_target_ms = 1, .min_samples = 5, .max_samples = 100};
  constexpr std::array first{200.0, 200.0, 1.0, 1.0, 998.0, 5000.0};  // two warm-ups, the budget, another warm-up
  const auto row = sampled_by([&](std::int64_t, int turn) {
    return turn < static_cast<int>(first.size()) ? first.at(static_cast<std::size_t>(turn)) : 100.0;
  });
  EXPECT_EQ(row.iterations_per_sample, 100);
  EXPECT_EQ(row.samples, 10);
  EXPECT_EQ(row.p95_us, 1.0);
}

TEST_F(Sampler, LengthensSamplesBelowThreeQuartersThreeTimesAtMost) {
  const auto iterations_if_samples_always_take = [&](double us) {
    return sampled_by([us](std::int64_t, int) { return us; }).iterations_per_sample;
  };
  EXPECT_EQ(iterations_if_samples_always_take(75.0), 3);   // 2 and 3 warming up
  EXPECT_EQ(iterations_if_samples_always_take(60.0), 20);  // 2 and 4, then 7, 12 and 20
}

TEST_F(Sampler, OneSampleThatIsTooShortLengthensNothing) {
  const auto row = sampled_by([](std::int64_t, int turn) { return turn == 0 || turn == 2 ? 10.0 : 100.0; });
  EXPECT_EQ(row.iterations_per_sample, 10);
  EXPECT_GE(row.samples, 6);
  EXPECT_EQ(row.min_us, 1.0);
}

TEST_F(Sampler, WarmsUpFourTimesAtMost) {
  const auto row = sampled_by([](std::int64_t, int turn) { return turn < 4 ? 10.0 : 100.0; });
  EXPECT_EQ(row.iterations_per_sample, 10'000);
  EXPECT_EQ(row.samples, 6);
}

TEST_F(Sampler, ASampleIsTenThousandOperationsAtMost) {
  const auto row = sampled_by(
      [](std::int64_t iterations_per_sample, int) { return 0.005 * static_cast<double>(iterations_per_sample); });
  EXPECT_EQ(row.iterations_per_sample, 10'000);
  EXPECT_EQ(row.time_us, 0.005);
  EXPECT_EQ(sampled_by([](std::int64_t, int) { return 0.0; }).iterations_per_sample, 10'000);
}

TEST_F(Sampler, ContendersTakeTurnsUntilEachHasEnough) {
  config_ = {.precision_percent = 0.0, .min_samples = 8, .max_samples = 8, .min_sample_us = 1.0};
  std::vector<Candidate> candidates;
  candidates.push_back(idle("A"));
  candidates.push_back(idle("B"));
  MadeUpClock clock([](std::int64_t, int) { return 100.0; });
  std::string turns;
  arbiter::sample(candidates, Bindings{}, clock, group_, config_,
                  [&](const Candidate& candidate) { turns += candidate.strategy; });
  ASSERT_EQ(turns.size(), 4U + 16U);
  EXPECT_EQ(turns.substr(0, 4), "AABB") << "warming up";
  int a_first = 0;
  for (std::size_t round = 4; round < turns.size(); round += 2) {
    EXPECT_NE(turns[round], turns[round + 1]) << "each once in a round";
    if (turns[round] == 'A') ++a_first;
  }
  EXPECT_TRUE(a_first > 0 && a_first < 8) << "the order changes from round to round: " << turns;
}

TEST_F(Sampler, EndsAtOnceOnEveryRankWhenOneLosesItsBackend) {
  config_.min_sample_us = 1.0;
  const auto turns_until = [&](int last) {
    bool lost = false;
    MadeUpClock clock(
        [&](std::int64_t, int turn) {
          if (turn < last || group_.rank() != group_.size() - 1) return 100.0;
          lost = true;
          throw Error("an illegal access");
        },
        [&] { return lost; });
    std::vector<Candidate> candidates;
    candidates.push_back(idle("A"));
    candidates.push_back(idle("B"));
    std::string turns;
    arbiter::sample(candidates, Bindings{}, clock, group_, config_,
                    [&](const Candidate& candidate) { turns += candidate.strategy; });
    const auto& loser = candidates[turns.back() == 'A' ? 0 : 1];
    const auto& other = candidates[turns.back() == 'A' ? 1 : 0];
    EXPECT_TRUE(loser.lost);
    EXPECT_TRUE(loser.result.failed);
    EXPECT_FALSE(other.lost);
    EXPECT_FALSE(other.result.usable());
    return turns;
  };
  EXPECT_EQ(turns_until(0), "A");
  EXPECT_EQ(turns_until(4).substr(0, 4), "AABB");
  EXPECT_EQ(turns_until(4).size(), 5U);
}

TEST_F(Sampler, SkewDelaysEachRankOnItsOwnAndNeighboursAloneAsMuchAsTheLatest) {
  config_.skew_us = 8.0;
  // Pairs: operations behind neighbours take twice as long as neighbours alone, whichever of the two is first.
  MadeUpClock clock([](std::int64_t iterations_per_sample, int turn) {
    return (turn % 4 == 0 || turn % 4 == 3 ? 20.0 : 10.0) * static_cast<double>(iterations_per_sample);
  });
  SampleSubject subject;
  subject.context = Context::engine;
  subject.iterations = [](std::int64_t count) {
    return std::vector<Iteration>(static_cast<std::size_t>(count), Iteration{{}, nullptr, nullptr, 0.0});
  };
  std::vector<Candidate> candidates;
  candidates.push_back(idle("A"));
  arbiter::sample(candidates, subject, clock, group_, config_);
  EXPECT_EQ(candidates.front().result.time_us, 10.0) << candidates.front().result.reason;
  ASSERT_EQ(clock.delays.size(), 10U);
  ASSERT_EQ(clock.delays_alone.size(), 10U);
  double spread = 0.0;
  for (std::size_t i = 0; i < clock.delays.size(); ++i) {
    EXPECT_GE(clock.delays[i], 0.0);
    EXPECT_LT(clock.delays[i], 8.0);
    EXPECT_EQ(clock.delays_alone[i], group_.max(clock.delays[i])) << i;
    spread += group_.max(clock.delays[i]) - group_.min(clock.delays[i]);
  }
  EXPECT_EQ(spread > 0.0, group_.size() > 1) << "ranks are late by different times";
}

TEST_F(Sampler, TellsWhetherItsSamplesWereGraphs) {
  const auto clock = [](std::int64_t, int) { return 100.0; };
  config_.graph = false;
  EXPECT_FALSE(sampled_by(clock).setting.graph);
  config_.graph = true;
  EXPECT_TRUE(sampled_by(clock).setting.graph);
}

}  // namespace
}  // namespace arbiter
