// SPDX-License-Identifier: Apache-2.0
// What the sampler does with a SampleSubject: neighbours in front of the operations, and outputs that are judged.
#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <thread>

#include "arbiter/error.hpp"
#include "group_fixture.hpp"
#include "measure/sampler.hpp"

namespace arbiter {
namespace {

using ::testing::Each;
using ::testing::EndsWith;
using ::testing::StartsWith;

class DoesNothing : public Operation {
 public:
  void enqueue(const Bindings& /*none*/) override {}
};

/// Runs nothing: the test says how long a sample took, with the operation ("T" in the log) or of the neighbours alone
/// ("N").
class PairClock : public Backend {
 public:
  using Clock = std::function<double(bool alone, double iterations)>;

  PairClock(Clock us, std::string& log) : us_(std::move(us)), log_(log) {}
  [[nodiscard]] Support do_available() const override { return Support::yes(); }
  [[nodiscard]] std::string name() const override { return "host"; }
  [[nodiscard]] Machine do_machine() const override { return {}; }
  [[nodiscard]] std::int64_t free_bytes(int /*ranks*/) const override { return 0; }
  [[nodiscard]] std::unique_ptr<Buffer> do_allocate(std::size_t /*bytes*/) override { return nullptr; }
  void copy_in(void* /*to*/, const void* /*from*/, std::size_t /*bytes*/) override {}
  void copy_out(void* /*to*/, const void* /*from*/, std::size_t /*bytes*/) override {}
  void fill(void* /*to*/, unsigned char /*byte*/, std::size_t /*bytes*/) override {}
  void run(Operation& /*operation*/, const Bindings& /*bindings*/) override {}
  [[nodiscard]] std::vector<Context> contexts() const override {
    return {Context::back_to_back, Context::isolated, Context::engine, Context::engine_early};
  }
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation* operation, const SampleRequest& request) override {
    (operation == nullptr ? alone : whole) = request;
    return std::make_unique<MadeUp>(*this, operation == nullptr, static_cast<double>(request.iterations.size()));
  }

  SampleRequest whole;  ///< the last request with an operation
  SampleRequest alone;  ///< and without

 private:
  class MadeUp : public Sample {
   public:
    MadeUp(PairClock& clock, bool alone, double iterations) : clock_(clock), alone_(alone), iterations_(iterations) {}
    [[nodiscard]] double time(ProcessGroup& /*group*/) override {
      clock_.log_ += alone_ ? 'N' : 'T';
      return clock_.us_(alone_, iterations_);
    }

   private:
    PairClock& clock_;
    bool alone_;
    double iterations_;
  };

  Clock us_;
  std::string& log_;
};

class SamplerSubject : public GroupFixture {
 protected:
  SamplerSubject() {
    subject_.iterations = [](std::int64_t count) { return std::vector<Iteration>(static_cast<std::size_t>(count)); };
  }

  Candidate sampled_by(PairClock& clock) {
    std::vector<Candidate> candidates(1);
    candidates[0].strategy = "MADE_UP";
    candidates[0].operation = std::make_unique<DoesNothing>();
    sample(candidates, subject_, clock, group_, config_);
    return std::move(candidates[0]);
  }

  Measurement sampled_by(PairClock::Clock us) {
    PairClock clock(std::move(us), log_);
    return sampled_by(clock).result;
  }

  /// Judgements are "P", poisoning, and "J"; the `wrong`-th fails.
  void judge(int wrong = 0) {
    subject_.poison = [this] { log_ += 'P'; };
    subject_.judge = [this, wrong](Candidate&, std::int64_t iterations) -> std::string {
      log_ += 'J';
      judged_.push_back(iterations);
      return static_cast<int>(judged_.size()) == wrong ? "not the sum" : "";
    };
  }

  MeasurementConfig config_{
      .precision_percent = 0.0, .time_target_ms = 1000, .min_samples = 8, .max_samples = 8, .min_sample_us = 100.0};
  SampleSubject subject_;
  std::string log_;
  std::vector<std::int64_t> judged_;
};

TEST_F(SamplerSubject, BehindNeighboursTheDifferenceIsTheTime) {
  for (const Context context : {Context::engine, Context::engine_early}) {
    subject_.context = context;
    const auto row = sampled_by([](bool alone, double iterations) { return (alone ? 20.0 : 30.0) * iterations; });
    EXPECT_EQ(row.time_us, 10.0);
    EXPECT_EQ(row.iterations_per_sample, 10);
    EXPECT_EQ(row.samples, 8);
  }
}

TEST_F(SamplerSubject, OtherContextsHaveNoNeighbour) {
  for (const Context context : {Context::back_to_back, Context::isolated}) {
    subject_.context = context;
    EXPECT_EQ(sampled_by([](bool, double iterations) { return 10.0 * iterations; }).time_us, 10.0);
  }
  EXPECT_EQ(log_.find('N'), std::string::npos);
}

TEST_F(SamplerSubject, ThePartOfAPairThatIsFirstChangesFromPairToPair) {
  subject_.context = Context::engine;
  static_cast<void>(sampled_by([](bool alone, double iterations) { return (alone ? 20.0 : 30.0) * iterations; }));
  EXPECT_EQ(log_, "TNNTTNNTTNNTTNNTTNNT") << "two pairs choose the iterations, eight count";
}

TEST_F(SamplerSubject, APairTakesTenTimesTheUsualSampleAtMost) {
  subject_.context = Context::engine;
  // The operation alone would be worth 100 iterations.
  const auto iterations = [&](double neighbour_us) {
    return sampled_by([=](bool alone, double count) { return (neighbour_us + (alone ? 0.0 : 1.0)) * count; })
        .iterations_per_sample;
  };
  EXPECT_EQ(iterations(199.0), 5);   // 1000 us / 200 us
  EXPECT_EQ(iterations(249.0), 4);   // 1000 us / 250 us
  EXPECT_EQ(iterations(250.0), 4);   // rounded up
  EXPECT_EQ(iterations(9.0), 100);   // 1000 us / 10 us
  EXPECT_EQ(iterations(5000.0), 1);  // one is the least
}

TEST_F(SamplerSubject, AnOperationThatAddsNothingToItsNeighboursFails) {
  subject_.context = Context::engine;
  EXPECT_EQ(sampled_by([](bool, double) { return 100.0; }).reason,
            "with it, its neighbours took 0 us longer each: too little to tell from the noise");
  const auto row = sampled_by([](bool alone, double count) { return (alone ? 300.0 : 297.5) * count; });
  EXPECT_TRUE(row.failed);
  EXPECT_EQ(row.reason, "with it, its neighbours took -2.5 us longer each: too little to tell from the noise");
  EXPECT_TRUE(std::isnan(row.time_us));
  EXPECT_FALSE(sampled_by([](bool alone, double count) { return (alone ? 300.0 : 300.5) * count; }).failed);
}

TEST_F(SamplerSubject, NeighboursAreAsLateAsTheConfigurationSays) {
  subject_.context = Context::engine;
  config_.skew_us = 50.0;
  config_.min_sample_us = 1000.0;
  std::set<std::vector<double>> of_seeds;
  for (config_.seed = 1; config_.seed <= 2; ++config_.seed) {
    PairClock clock([](bool alone, double iterations) { return (alone ? 20.0 : 30.0) * iterations; }, log_);
    ASSERT_FALSE(sampled_by(clock).result.failed);
    ASSERT_EQ(clock.whole.iterations.size(), 100U);
    ASSERT_EQ(clock.alone.iterations.size(), 100U);
    std::vector<double> own;
    for (std::size_t i = 0; i < 100; ++i) {
      own.push_back(clock.whole.iterations[i].delay_us);
      EXPECT_EQ(clock.alone.iterations[i].delay_us, group_.max(own.back())) << "alone all are as late as the latest";
    }
    const auto [least, most] = std::ranges::minmax(own);
    EXPECT_TRUE(0.0 <= least && least < 10.0 && 40.0 < most && most <= 50.0) << least << " to " << most;
    EXPECT_EQ(std::set<double>(own.begin(), own.end()).size(), 100U) << "another in each iteration";
    of_seeds.insert(own);
    // Ranks come at different times.
    std::vector<double> first(static_cast<std::size_t>(group_.size()));
    group_.all_gather(own.data(), first.data(), sizeof(double));
    EXPECT_EQ(std::set<double>(first.begin(), first.end()).size(), first.size());
  }
  EXPECT_EQ(of_seeds.size(), 2U);
}

TEST_F(SamplerSubject, WithoutSkewNoNeighbourIsLate) {
  subject_.context = Context::engine;
  subject_.neighbour = {1024, 4096, 3.5};
  PairClock clock([](bool alone, double iterations) { return (alone ? 20.0 : 30.0) * iterations; }, log_);
  static_cast<void>(sampled_by(clock));
  for (const auto* request : {&clock.whole, &clock.alone}) {
    EXPECT_EQ(request->context, Context::engine);
    EXPECT_EQ(request->neighbour.message_bytes, 1024U);
    EXPECT_EQ(request->neighbour.weight_bytes, 4096U);
    EXPECT_EQ(request->neighbour.least_us, 3.5);
    EXPECT_THAT(request->iterations, Each(::testing::Field(&Iteration::delay_us, 0.0)));
  }
}

TEST_F(SamplerSubject, TheBudgetIsOfWallTimeWhereASampleIsMoreThanItsTime) {
  config_ = {.precision_percent = -1.0, .time_target_ms = 3, .min_samples = 2, .max_samples = 30, .min_sample_us = 1.0};
  const auto samples = [&](Context context) {
    subject_.context = context;
    return sampled_by([](bool alone, double) {
             std::this_thread::sleep_for(std::chrono::milliseconds(1));
             return alone ? 20.0 : 30.0;
           })
        .samples;
  };
  EXPECT_EQ(samples(Context::back_to_back), 30);
  EXPECT_LE(samples(Context::isolated), 3);
  EXPECT_EQ(samples(Context::engine), 2);
  EXPECT_EQ(samples(Context::engine_early), 2);
}

TEST_F(SamplerSubject, TheBudgetIsOfTheSamplesTimeWhereThatIsMore) {
  // Minutes for a sample, so that no real delay counts.
  config_ = {.precision_percent = -1.0,
             .time_target_ms = 3'000'000,
             .min_samples = 2,
             .max_samples = 30,
             .min_sample_us = 1.0};
  subject_.context = Context::isolated;
  EXPECT_EQ(sampled_by([](bool, double count) { return 500'000'000.0 * count; }).samples, 6);
}

TEST_F(SamplerSubject, JudgesOneSampleBeforeOneThatCountsAndOneAfter) {
  judge();
  const auto row = sampled_by([](bool, double iterations) { return 10.0 * iterations; });
  EXPECT_EQ(row.samples, 8);
  EXPECT_THAT(log_, StartsWith("TTPTJ"));
  EXPECT_THAT(log_, EndsWith("PTJ"));
  EXPECT_EQ(std::ranges::count(log_, 'T'), 2 + 1 + 8 + 1);
  EXPECT_EQ(std::ranges::count(log_, 'P'), 3);
  EXPECT_EQ(judged_, (std::vector<std::int64_t>{10, 10, 10}));
}

TEST_F(SamplerSubject, TheJudgedSampleIsAnotherForEachSeedAndStrategy) {
  std::set<std::string> logs;
  for (config_.seed = 0; config_.seed < 8; ++config_.seed) {
    log_.clear();
    judge();
    static_cast<void>(sampled_by([](bool, double iterations) { return 10.0 * iterations; }));
    logs.insert(log_);
  }
  std::set<std::string> each;
  for (std::size_t place = 0; place < 8; ++place) {
    each.insert("TTPTJ" + std::string(place, 'T') + "PTJ" + std::string(7 - place, 'T') + "PTJ");
  }
  EXPECT_EQ(logs, each);
}

TEST_F(SamplerSubject, AJudgedSampleHasTwoIterationsAtLeast) {
  config_.min_sample_us = 1.0;
  EXPECT_EQ(sampled_by([](bool, double) { return 100.0; }).iterations_per_sample, 1);
  judge();
  EXPECT_EQ(sampled_by([](bool, double) { return 100.0; }).iterations_per_sample, 2);
}

TEST_F(SamplerSubject, JudgesAgainAfterLengthening) {
  judge();
  int turn = 0;
  const auto row = sampled_by([&](bool, double iterations) { return (turn++ < 3 ? 50.0 : 10.0) * iterations; });
  EXPECT_EQ(row.iterations_per_sample, 10);
  EXPECT_EQ(row.samples, 8);
  EXPECT_THAT(log_, StartsWith("TTPTJ"));
  ASSERT_GE(judged_.size(), 2U);
  EXPECT_EQ(judged_.front(), 2);
  EXPECT_EQ(judged_.back(), 10);
  EXPECT_EQ(std::ranges::count(log_, 'P'), std::ranges::count(log_, 'J'));
}

TEST_F(SamplerSubject, SaysWhichJudgementFailed) {
  const auto failed_at = [&](int wrong) {
    log_.clear();
    judged_.clear();
    judge(wrong);
    const auto row = sampled_by([](bool, double iterations) { return 10.0 * iterations; });
    EXPECT_EQ(row.failed, wrong <= 3);
    EXPECT_EQ(std::isnan(row.time_us), row.failed);
    return row.reason;
  };
  EXPECT_EQ(failed_at(1), "before timing: not the sum");
  EXPECT_EQ(log_, "TTPTJ") << "nothing is timed then";
  EXPECT_EQ(failed_at(2), "while timed: not the sum");
  EXPECT_EQ(std::ranges::count(log_, 'P'), 2);
  EXPECT_EQ(log_.back(), 'J') << "and nothing after it";
  EXPECT_EQ(failed_at(3), "after timing: not the sum");
  EXPECT_EQ(failed_at(4), "");
}

TEST_F(SamplerSubject, FailsOnAllRanksWhenOneCannotPoison) {
  judge();
  subject_.poison = [this] {
    if (group_.rank() == group_.size() - 1) throw Error("no access");
  };
  const auto row = sampled_by([](bool, double iterations) { return 10.0 * iterations; });
  EXPECT_TRUE(row.failed);
  EXPECT_EQ(row.reason, "rank " + std::to_string(group_.size() - 1) + ": no access");
  EXPECT_EQ(log_, "TT");
}

}  // namespace
}  // namespace arbiter
