// SPDX-License-Identifier: Apache-2.0
#include "sweep/problem_run.hpp"

#include <cmath>
#include <cstring>
#include <deque>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "config/config.hpp"

namespace arbiter {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A group of one rank without MPI.
class OneRank : public ProcessGroup {
 public:
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int size() const override { return 1; }
  [[nodiscard]] bool single_host() const override { return true; }
  void barrier() override {}
  void broadcast(void* /*data*/, std::size_t /*bytes*/, int /*root*/) override {}
  void all_gather(const void* in, void* out, std::size_t bytes) override { std::memcpy(out, in, bytes); }
  void max(std::span<double> /*values*/) override {}
  [[nodiscard]] void* mpi_comm() override { return nullptr; }
};

/// The memory of the host, and a clock of the test's: operations run, but take as long as it says.
class MadeUpDevice : public Backend {
 public:
  explicit MadeUpDevice(std::shared_ptr<Backend> host) : host_(std::move(host)) {}
  [[nodiscard]] Support do_available() const override { return Support::yes(); }
  [[nodiscard]] std::string name() const override { return "host"; }
  [[nodiscard]] Machine do_machine() const override { return host_->machine(); }
  [[nodiscard]] std::int64_t free_bytes(int /*ranks*/) const override { return free; }
  [[nodiscard]] std::unique_ptr<Buffer> do_allocate(std::size_t bytes) override { return host_->allocate(bytes); }
  void copy_in(void* to, const void* from, std::size_t bytes) override { host_->copy_in(to, from, bytes); }
  void copy_out(void* to, const void* from, std::size_t bytes) override { host_->copy_out(to, from, bytes); }
  void fill(void* to, unsigned char byte, std::size_t bytes) override { host_->fill(to, byte, bytes); }
  void run(Operation& operation, const Bindings& bindings) override { host_->run(operation, bindings); }
  [[nodiscard]] std::vector<Context> contexts() const override {
    return {Context::back_to_back, Context::isolated, Context::engine, Context::engine_early};
  }
  [[nodiscard]] bool has_graphs() const override { return graphs; }
  [[nodiscard]] std::size_t cache_bytes() const override { return 1U << 20U; }
  [[nodiscard]] double product_flops(DType dtype) override { return dtype == DType::float32 ? 1e12 : 2e12; }
  [[nodiscard]] SpeedState speed_state() override {
    if (speeds.empty()) return {};
    auto speed = speeds.front();
    speeds.pop_front();
    return speed;
  }
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation* operation, const SampleRequest& request) override {
    requests.push_back(request);
    return std::make_unique<MadeUp>(*this, operation, request);
  }

  std::int64_t free = std::int64_t{1} << 30;
  bool graphs = true;
  double us = 10.0;               ///< of an operation, besides the 20 us of a neighbour
  std::deque<SpeedState> speeds;  ///< one before and one after the samples of each context
  std::vector<SampleRequest> requests;

 private:
  class MadeUp : public Sample {
   public:
    MadeUp(MadeUpDevice& device, Operation* operation, SampleRequest request)
        : device_(device), operation_(operation), request_(std::move(request)) {}
    [[nodiscard]] double time(ProcessGroup& /*group*/) override {
      const std::size_t bytes = request_.neighbour.message_bytes;
      for (const auto& iteration : request_.iterations) {
        if (iteration.message_to != nullptr) std::memcpy(iteration.message_to, iteration.message_from, bytes);
        if (operation_ != nullptr) device_.run(*operation_, iteration.bindings);
      }
      const double each = (operation_ != nullptr ? device_.us : 0.0) + (has_neighbour(request_.context) ? 20.0 : 0.0);
      return each * static_cast<double>(request_.iterations.size());
    }
    [[nodiscard]] bool graph() const override { return request_.graph && device_.graphs; }

   private:
    MadeUpDevice& device_;
    Operation* operation_;
    SampleRequest request_;
  };

  std::shared_ptr<Backend> host_;
};

class ProblemRunTest : public ::testing::Test {
 protected:
  ProblemRunTest() {
    plugins_.load_dir(BUILT_PLUGINS);
    plugins_.load_dir(SAMPLES);
    config_ = ConfigText(
                  "backend: host\n"
                  "problems: {tp_size: [2], fusion: [NONE, RESIDUAL_RMS_NORM], hidden_size: [64], num_tokens: [1]}\n"
                  "strategies: {COPIES: , OTHER: {strategy: COPIES, table_id: 121}}\n",
                  "run.yaml")
                  .validate(plugins_);
    config_.measurement.contexts = {Context::back_to_back};
    config_.measurement.min_samples = config_.measurement.max_samples = 6;
    std::vector<std::string> remarks;
    instances_ = make_instances(config_, plugins_, remarks);
    device_ = std::make_shared<MadeUpDevice>(instances_.backend);
    instances_.backend = device_;
    strategies_ = std::make_unique<StrategySet>(config_, plugins_, remarks);
  }

  std::vector<Measurement> run(const PlannedProblem& planned) {
    ::testing::internal::CaptureStderr();
    ::testing::internal::CaptureStdout();
    ProblemRun run(
        config_, instances_, *strategies_, group_, [this](const Problem&) { return chosen_; }, hooks_, probe_);
    std::vector<Measurement> rows;
    for (int time = 0; time < times_; ++time) rows = run.run(planned);
    said_ = ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
    return rows;
  }

  [[nodiscard]] PlannedProblem planned(std::vector<std::string> strategies = {"COPIES"}) const {
    return {problem_, std::move(strategies), 0.0, false};
  }

  /// An operation starts in 10 us.
  void probe() {
    probe_ = MachineProbe(1);
    probe_.add({{.kind = ProbeKind::launch}, 10.0, {}});
  }

  PluginHost plugins_;
  Config config_;
  Instances instances_;
  std::shared_ptr<MadeUpDevice> device_;
  std::unique_ptr<StrategySet> strategies_;
  OneRank group_;
  RunHooks hooks_;
  MachineProbe probe_;
  std::string chosen_;
  std::string said_;
  int times_ = 1;
  Problem problem_{1, DType::bfloat16, "NONE", 64, 4};
};

TEST_F(ProblemRunTest, HasARowForEachContextAndStrategy) {
  config_.measurement.contexts = {Context::isolated, Context::engine};
  auto two = planned({"COPIES", "OTHER"});
  two.holdout = true;
  const auto rows = run(two);
  ASSERT_EQ(rows.size(), 4U) << said_;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].reason, "") << i;
    EXPECT_EQ(rows[i].problem, problem_);
    EXPECT_EQ(rows[i].strategy, i % 2 == 0 ? "COPIES" : "OTHER");
    EXPECT_EQ(rows[i].setting, (Setting{"host", 1, "allreduce", true, i < 2 ? Context::isolated : Context::engine}));
    EXPECT_EQ(rows[i].time_us, 10.0) << i;
    EXPECT_EQ(rows[i].numerics, Numerics::fp32);
    EXPECT_EQ(rows[i].tensor_sets, 8);
    EXPECT_TRUE(rows[i].holdout);
    EXPECT_FALSE(rows[i].suspect);
    EXPECT_TRUE(std::isnan(rows[i].lower_bound_us));
    EXPECT_TRUE(rows[i].error >= 0.0 && rows[i].error <= 1.0);
    EXPECT_EQ(rows[i].error, std::round(rows[i].error * 1e4) / 1e4);
  }
}

TEST_F(ProblemRunTest, IsEagerWhereTheBackendHasNoGraphsOrTheConfigurationAsksForNone) {
  device_->graphs = false;
  EXPECT_FALSE(run(planned()).front().setting.graph);
  device_->graphs = true;
  config_.measurement.graph = false;
  EXPECT_FALSE(run(planned()).front().setting.graph);
}

TEST_F(ProblemRunTest, ANeighbourIsTheMatrixProductInFrontOfTheOperation) {
  config_.measurement.contexts = {Context::engine};
  problem_ = {1, DType::bfloat16, "NONE", 512, 8};
  const auto neighbour = [&] {
    device_->requests.clear();
    EXPECT_EQ(run(planned()).front().reason, "");
    return device_->requests.front().neighbour;
  };
  EXPECT_EQ(neighbour().message_bytes, 512U * 8U * 2U);
  EXPECT_EQ(neighbour().weight_bytes, 512U * 512U * 2U);
  EXPECT_DOUBLE_EQ(neighbour().least_us, 2.0 * 512 * 512 * 8 / 2e12 * 1e6);
  problem_.dtype = DType::float32;
  EXPECT_EQ(neighbour().message_bytes, 512U * 8U * 4U);
  EXPECT_EQ(neighbour().weight_bytes, 512U * 512U * 4U);
  EXPECT_DOUBLE_EQ(neighbour().least_us, 2.0 * 512 * 512 * 8 / 1e12 * 1e6);
  config_.measurement.neighbour_us = 7.5;
  config_.measurement.neighbour_mib = 0.5;
  EXPECT_EQ(neighbour().weight_bytes, 524'288U);
  EXPECT_EQ(neighbour().least_us, 7.5);
  config_.measurement.contexts = {Context::back_to_back};
  EXPECT_EQ(neighbour().message_bytes, 0U);
}

TEST_F(ProblemRunTest, ATimeBelow97PercentOfTheLowerBoundIsSuspect) {
  probe();
  device_->us = 9.7;
  const auto enough = run(planned()).front();
  EXPECT_EQ(enough.lower_bound_us, 10.0);
  EXPECT_FALSE(enough.suspect);
  EXPECT_EQ(enough.reason, "");
  device_->us = 9.69;
  const auto less = run(planned()).front();
  EXPECT_TRUE(less.suspect);
  EXPECT_FALSE(less.failed);
  EXPECT_EQ(less.reason, "9.69 us is less than the lower bound of 10 us");
}

TEST_F(ProblemRunTest, ALowerBoundIsWholeNanosecondsAndNeverZero) {
  probe_ = MachineProbe(1);
  probe_.add({{.kind = ProbeKind::launch}, 1.23456, {}});
  EXPECT_EQ(run(planned()).front().lower_bound_us, 1.235);
  probe_ = MachineProbe(1);
  probe_.add({{.kind = ProbeKind::launch}, 0.0001, {}});
  EXPECT_EQ(run(planned()).front().lower_bound_us, 0.001);
}

TEST_F(ProblemRunTest, SaysThatTheClockFellByMoreThanThreePercentOrThatTheDeviceWasSlowedDown) {
  const auto said_of = [&](SpeedState before, SpeedState after) {
    device_->speeds = {std::move(before), std::move(after)};
    static_cast<void>(run(planned()));
    return said_;
  };
  EXPECT_THAT(said_of({1000.0, ""}, {970.0, ""}), IsEmpty());
  EXPECT_THAT(said_of({1000.0, ""}, {969.0, ""}),
              HasSubstr("context back_to_back: rank 0: the clock fell from 1000 to 969 MHz"));
  EXPECT_THAT(said_of({1000.0, ""}, {1000.0, "power cap"}),
              HasSubstr("context back_to_back: rank 0: the device was slowed down (power cap)"));
  EXPECT_THAT(said_of({1000.0, "power cap"}, {900.0, "temperature"}),
              HasSubstr("the clock fell from 1000 to 900 MHz, the device was slowed down (temperature)"));
  EXPECT_THAT(said_of({1000.0, "power cap"}, {1000.0, ""}), IsEmpty());
}

TEST_F(ProblemRunTest, SaysSoFiveTimesAtMost) {
  times_ = 7;
  for (int i = 0; i < 2 * times_; ++i) device_->speeds.push_back({i % 2 == 0 ? 1000.0 : 500.0, ""});
  static_cast<void>(run(planned()));
  std::size_t notes = 0;
  for (auto at = said_.find("the clock fell"); at != std::string::npos; at = said_.find("the clock fell", at + 1))
    ++notes;
  EXPECT_EQ(notes, 5U);
  EXPECT_THAT(said_, HasSubstr("500 MHz; more of this is not said"));
  EXPECT_LT(said_.rfind("the clock fell"), said_.find("more of this is not said"));
}

TEST_F(ProblemRunTest, AStrategyThatBrokeEarlierRanksFailsWithoutARunAndTheOthersGoOn) {
  std::vector<std::string> begun;
  hooks_.why_broken = [](const Problem&, const std::string& strategy) {
    return strategy == "OTHER" ? "it crashed" : "";
  };
  hooks_.begins = [&](const PlannedProblem& problem, const std::string& strategy, Phase phase) {
    EXPECT_EQ(problem.problem, problem_);
    EXPECT_EQ(strategy == any_strategy, phase == Phase::reference);
    if (strategy == any_strategy || (!begun.empty() && begun.back() == strategy)) return;
    begun.push_back(strategy);
  };
  config_.measurement.contexts = {Context::isolated, Context::back_to_back};
  const auto rows = run(planned({"OTHER", "COPIES"}));
  ASSERT_EQ(rows.size(), 4U);
  for (const std::size_t i : {0U, 2U}) {
    EXPECT_TRUE(rows[i].failed);
    EXPECT_EQ(rows[i].reason, "it crashed");
    EXPECT_TRUE(std::isnan(rows[i].time_us));
    EXPECT_FALSE(rows[i + 1].failed);
  }
  EXPECT_THAT(begun, ElementsAre("COPIES"));
}

TEST_F(ProblemRunTest, AutoIsWhatTheSelectorNames) {
  EXPECT_EQ(run(planned({"AUTO"})).front().reason,
            "rank 0: AUTO needs a heuristic that has chosen: there is no selector yet");
  chosen_ = "COPIES";
  const auto row = run(planned({"AUTO"})).front();
  EXPECT_EQ(row.reason, "");
  EXPECT_EQ(row.strategy, "AUTO");
  EXPECT_EQ(row.numerics, Numerics::fp32);
  chosen_ = "MISSING";
  EXPECT_THAT(run(planned({"AUTO"})).front().reason, HasSubstr("rank 0: MISSING: "));
}

TEST_F(ProblemRunTest, ASumThatIsStoredBeforeTheEpilogueMayMissByOneRoundingMore) {
  // fp32 alone allows 2^-24, which the copy of a message of bfloat16 keeps; the separate pass of the epilogue stores
  // it.
  problem_.fusion = "RESIDUAL_RMS_NORM";
  const auto row = run(planned()).front();
  EXPECT_EQ(row.reason, "");
  EXPECT_EQ(row.numerics, Numerics::fp32);
}

TEST_F(ProblemRunTest, AProblemThatAStrategyDoesNotSupportFails) {
  problem_.num_tokens = 13;
  const auto row = run(planned()).front();
  EXPECT_TRUE(row.failed);
  EXPECT_EQ(row.reason, "rank 0: it does not support tp 1, bfloat16, NONE, 13 tokens x 64: 13 tokens");
}

TEST_F(ProblemRunTest, WithoutMemoryEveryStrategyFails) {
  problem_ = {1, DType::bfloat16, "NONE", std::int64_t{1} << 40, std::int64_t{1} << 10};
  const auto rows = run(planned({"COPIES", "OTHER"}));
  ASSERT_EQ(rows.size(), 2U);
  for (const auto& row : rows) {
    EXPECT_TRUE(row.failed);
    EXPECT_THAT(row.reason, AllOf(HasSubstr("rank 0: "), HasSubstr("bytes of host memory")));
  }
}

TEST_F(ProblemRunTest, AddsUpWhereItsTimeWent) {
  ProblemRun run(
      config_, instances_, *strategies_, group_, [](const Problem&) { return std::string(); }, hooks_, probe_);
  static_cast<void>(run.run(planned()));
  const auto once = run.spent();
  EXPECT_GT(once.tensors, 0.0);
  EXPECT_GT(once.preparation, 0.0);
  EXPECT_GT(once.verification, 0.0);
  EXPECT_GE(once.total, once.tensors + once.preparation + once.verification);
  static_cast<void>(run.run(planned()));
  EXPECT_GT(run.spent().total, once.total);
  EXPECT_GT(run.spent().verification, once.verification);
}

}  // namespace
}  // namespace arbiter
