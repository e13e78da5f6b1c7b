#include "measure/sampler.hpp"

#include <chrono>
#include <cmath>
#include <thread>

#include "arbiter/error.hpp"
#include "group_fixture.hpp"

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

class Sampler : public GroupFixture {
 protected:
  Contender waiting(int microseconds, int& calls) const {
    Contender contender;
    contender.strategy = "WAIT" + std::to_string(microseconds);
    contender.operation = std::make_unique<Waiting>(std::chrono::microseconds(microseconds), calls);
    return contender;
  }

  MeasurementConfig config_{.precision_percent = 50.0, .time_budget_ms = 20, .min_samples = 5, .max_samples = 50};
};

TEST_F(Sampler, MeasuresWhatAnOperationTakes) {
  int calls = 0;
  std::vector<Contender> contenders;
  contenders.push_back(waiting(300, calls));
  sample(contenders, {}, *backend_, group_, config_);
  const auto& row = contenders.front().result;
  EXPECT_GE(row.time_us, 300.0);
  EXPECT_GE(row.samples, 3);
  EXPECT_LE(row.min_us, row.time_us);
  EXPECT_LE(row.ci_low_us, row.time_us);
  EXPECT_GE(row.ci_high_us, row.time_us);
  EXPECT_EQ(std::round(row.time_us * 1000.0) / 1000.0, row.time_us) << "times are whole nanoseconds";
}

TEST_F(Sampler, RepeatsShortOperationsWithinASample) {
  int calls = 0;
  std::vector<Contender> contenders;
  contenders.push_back(waiting(0, calls));  // which gives its processor away to nobody
  config_.min_sample_us = 200.0;
  sample(contenders, {}, *backend_, group_, config_);
  EXPECT_GT(contenders.front().result.inner, 1);
  EXPECT_GE(calls, contenders.front().result.inner * contenders.front().result.samples);
}

TEST_F(Sampler, LengthensSamplesThatSlowFirstRunsMadeTooShort) {
  int calls = 0;
  std::vector<Contender> contenders;
  auto& contender = contenders.emplace_back();
  contender.strategy = "WARMS_UP";
  contender.operation = std::make_unique<SlowAtFirst>(calls);
  config_.min_sample_us = 200.0;
  sample(contenders, {}, *backend_, group_, config_);
  EXPECT_GT(contender.result.inner, 4);
  EXPECT_GE(contender.result.samples, 3);
}

TEST_F(Sampler, StopsAtTheLargestNumberOfSamples) {
  int calls = 0;
  std::vector<Contender> contenders;
  contenders.push_back(waiting(5, calls));
  config_ = {.precision_percent = 0.0, .time_budget_ms = 10'000, .min_samples = 5, .max_samples = 12};
  sample(contenders, {}, *backend_, group_, config_);
  EXPECT_EQ(contenders.front().result.samples, 12);
}

TEST_F(Sampler, TakesThreeSamplesEvenBeyondTheBudget) {
  int calls = 0;
  std::vector<Contender> contenders;
  contenders.push_back(waiting(2000, calls));
  config_ = {.precision_percent = 0.0, .time_budget_ms = 1, .min_samples = 10, .max_samples = 100};
  sample(contenders, {}, *backend_, group_, config_);
  EXPECT_EQ(contenders.front().result.samples, 3);
}

TEST_F(Sampler, AllRanksGetTheSameRow) {
  int calls = 0;
  std::vector<Contender> contenders;
  contenders.push_back(waiting(20 * (group_.rank() + 1), calls));
  sample(contenders, {}, *backend_, group_, config_);
  const auto& row = contenders.front().result;
  EXPECT_EQ(group_.max(row.time_us), row.time_us);
  EXPECT_EQ(group_.max(static_cast<double>(row.samples)), static_cast<double>(row.samples));
  EXPECT_GE(row.time_us, 20.0 * group_.size()) << "the slowest rank's time counts";
}

TEST_F(Sampler, AContenderThatThrowsOnOneRankFailsOnAllAndTheOthersGoOn) {
  int calls = 0;
  std::vector<Contender> contenders;
  auto& failing = contenders.emplace_back();
  failing.strategy = "FAILS";
  failing.operation = std::make_unique<FailsOnTheLastRank>(group_);
  contenders.push_back(waiting(50, calls));
  sample(contenders, {}, *backend_, group_, config_);
  EXPECT_TRUE(contenders[0].result.failed);
  EXPECT_TRUE(contenders[0].threw);
  EXPECT_EQ(contenders[0].result.reason, "rank " + std::to_string(group_.size() - 1) + ": lost its peer");
  EXPECT_TRUE(std::isnan(contenders[0].result.time_us));
  EXPECT_FALSE(contenders[1].result.failed);
  EXPECT_TRUE(contenders[1].result.usable());
}

TEST_F(Sampler, LeavesFailedContendersAlone) {
  int calls = 0;
  std::vector<Contender> contenders;
  contenders.push_back(waiting(1, calls));
  contenders.front().result.failed = true;
  sample(contenders, {}, *backend_, group_, config_);
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace arbiter
