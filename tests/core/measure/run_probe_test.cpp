// SPDX-License-Identifier: Apache-2.0
#include "measure/run_probe.hpp"

#include <cmath>
#include <thread>

#include "arbiter/error.hpp"
#include "group_fixture.hpp"

namespace arbiter {
namespace {

using ::testing::Each;
using ::testing::Field;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Sleep : public Operation {
 public:
  void enqueue(const Bindings& /*none*/) override { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
};

class Breaks : public Operation {
 public:
  explicit Breaks(bool here) : here_(here) {}
  void enqueue(const Bindings& /*none*/) override {
    if (here_) throw Error("the wire is cut");
  }

 private:
  bool here_;
};

/// Takes a millisecond for every case, and has the given fault on rank 0.
class Prober : public MachineProber {
 public:
  enum class Fault { none, cannot_be_made, breaks, loses };

  Prober(const ProcessGroup& group, Fault fault) : first_(group.rank() == 0), fault_(fault) {}
  [[nodiscard]] std::vector<ProbeCase> cases() const override {
    return {
        {.kind = ProbeKind::launch}, {ProbeKind::one_way, 0, 1, 0, 5}, {.kind = ProbeKind::push, .bytes = 1'000'000}};
  }
  [[nodiscard]] std::unique_ptr<Operation> probe(const ProbeCase& what) override {
    faulty_ = first_ && what.kind == ProbeKind::push;
    if (faulty_ && fault_ == Fault::cannot_be_made) throw Error("no memory for it");
    if (faulty_ && fault_ == Fault::breaks) return std::make_unique<Breaks>(true);
    return std::make_unique<Sleep>();
  }
  void clear() override {}
  [[nodiscard]] std::string missing(const ProbeCase& /*what*/) override {
    return faulty_ && fault_ == Fault::loses ? "byte 8 did not arrive" : "";
  }

 private:
  bool first_;
  Fault fault_;
  bool faulty_ = false;
};

/// The host's clock and barriers with a prober of the test's.
class OwnProber : public Backend {
 public:
  OwnProber(std::shared_ptr<Backend> host, std::function<std::unique_ptr<MachineProber>(ProcessGroup&)> make)
      : host_(std::move(host)), make_(std::move(make)) {}
  [[nodiscard]] Support do_available() const override { return Support::yes(); }
  [[nodiscard]] std::string name() const override { return "host"; }
  [[nodiscard]] Machine do_machine() const override { return host_->machine(); }
  [[nodiscard]] std::int64_t free_bytes(int ranks) const override { return host_->free_bytes(ranks); }
  [[nodiscard]] std::unique_ptr<Buffer> do_allocate(std::size_t bytes) override { return host_->allocate(bytes); }
  void copy_in(void* /*to*/, const void* /*from*/, std::size_t /*bytes*/) override {}
  void copy_out(void* /*to*/, const void* /*from*/, std::size_t /*bytes*/) override {}
  void fill(void* /*to*/, unsigned char /*byte*/, std::size_t /*bytes*/) override {}
  void run(Operation& operation, const Bindings& bindings) override { host_->run(operation, bindings); }
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation* operation, const SampleRequest& request) override {
    return host_->sample(operation, request);
  }
  [[nodiscard]] std::unique_ptr<MachineProber> machine_prober(ProcessGroup& group,
                                                              std::chrono::milliseconds /*timeout*/) override {
    return make_(group);
  }

 private:
  std::shared_ptr<Backend> host_;
  std::function<std::unique_ptr<MachineProber>(ProcessGroup&)> make_;
};

/// Every operation takes 5 ms; counts the samples.
class FiveMilliseconds : public OwnProber {
 public:
  using OwnProber::OwnProber;
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation* /*operation*/, const SampleRequest& request) override {
    struct Counted : Sample {
      Counted(int& count, double us) : count_(count), us_(us) {}
      [[nodiscard]] double time(ProcessGroup& /*group*/) override {
        ++count_;
        return us_;
      }
      [[nodiscard]] bool graph() const override { return false; }
      int& count_;
      double us_;
    };
    return std::make_unique<Counted>(samples, 5000.0 * static_cast<double>(request.iterations.size()));
  }
  int samples = 0;
};

class MeasureLimits : public GroupFixture {
 protected:
  MachineProbe with(Prober::Fault fault) {
    OwnProber backend(backend_, [fault](ProcessGroup& group) { return std::make_unique<Prober>(group, fault); });
    return run_probe(backend, group_, config_);
  }

  MeasurementConfig config_{.precision_percent = 50.0, .time_target_ms = 20, .min_samples = 3, .max_samples = 5};
};

TEST_F(MeasureLimits, TurnsTimesIntoEachLimitsOwnUnit) {
  const auto probe = with(Prober::Fault::none);
  ASSERT_EQ(probe.rows().size(), 3U);
  EXPECT_EQ(probe.tp_size(), group_.size());
  // A millisecond or a little more each; five round trips in one, and a megabyte to each of the others.
  EXPECT_GE(probe.launch_us(), 1000.0);
  EXPECT_GE(probe.one_way_us(), 100.0);
  EXPECT_LE(probe.one_way_us(), probe.launch_us());
  EXPECT_LE(probe.gigabytes_per_second(), 1.0 * (group_.size() - 1));
  EXPECT_EQ(probe.gigabytes_per_second() > 0.0, group_.size() > 1);
}

TEST_F(MeasureLimits, TakeFiftyMillisecondsPerCaseHoweverLongTheBudget) {
  FiveMilliseconds backend(backend_,
                           [](ProcessGroup& group) { return std::make_unique<Prober>(group, Prober::Fault::none); });
  config_ = {.precision_percent = -1.0, .time_target_ms = 1000, .min_samples = 100, .max_samples = 100};
  static_cast<void>(run_probe(backend, group_, config_));
  EXPECT_EQ(backend.samples, 3 * (2 + 10));  // two choose the iterations
}

TEST_F(MeasureLimits, AreExactlyWhatTheTimeOfAnOperationMakesThem) {
  FiveMilliseconds backend(backend_,
                           [](ProcessGroup& group) { return std::make_unique<Prober>(group, Prober::Fault::none); });
  const auto probe = run_probe(backend, group_, config_);
  EXPECT_EQ(probe.rows()[0].value, 5000.0);
  EXPECT_EQ(probe.rows()[1].value, 500.0) << "five round trips are ten ways";
  EXPECT_DOUBLE_EQ(probe.rows()[2].value, 0.2 * (group_.size() - 1)) << "a megabyte to each of the others, in GB/s";
  EXPECT_EQ(probe.launch_us(), 5000.0);
  EXPECT_EQ(probe.one_way_us(), 500.0);
  if (group_.size() == 3) {
    EXPECT_EQ(to_string(probe), "an operation starts in 5 ms, a word takes 500 us, 0.4 GB/s out of every rank at once");
  }
}

TEST_F(MeasureLimits, OfAPairAreTheBytesOfOneRank) {
  class OnePair : public Prober {
   public:
    explicit OnePair(const ProcessGroup& group) : Prober(group, Fault::none) {}
    [[nodiscard]] std::vector<ProbeCase> cases() const override {
      return {{ProbeKind::push, 0, group_last_, 1'000'000, 0}, {ProbeKind::pull, 0, group_last_, 2'000'000, 0}};
    }

   private:
    int group_last_ = 1;
  };
  FiveMilliseconds backend(backend_, [](ProcessGroup& group) { return std::make_unique<OnePair>(group); });
  const auto probe = run_probe(backend, group_, config_);
  EXPECT_DOUBLE_EQ(probe.rows()[0].value, 0.2);
  EXPECT_DOUBLE_EQ(probe.rows()[1].value, 0.4);
}

TEST_F(MeasureLimits, TakeThreeSamplesOfACaseIfTheConfigurationAsksForNoMore) {
  FiveMilliseconds backend(backend_,
                           [](ProcessGroup& group) { return std::make_unique<Prober>(group, Prober::Fault::none); });
  config_ = {.precision_percent = -1.0, .time_target_ms = 1, .min_samples = 3, .max_samples = 100};
  static_cast<void>(run_probe(backend, group_, config_));
  EXPECT_EQ(backend.samples, 3 * (2 + 3));
  backend.samples = 0;
  config_.min_samples = 7;
  static_cast<void>(run_probe(backend, group_, config_));
  EXPECT_EQ(backend.samples, 3 * (2 + 6)) << "no case needs more than six";
}

TEST_F(MeasureLimits, SaysOnEveryRankWhatFailedOnOneAndGoesOn) {
  for (const auto& [fault, reason] : {std::pair{Prober::Fault::cannot_be_made, "rank 0: no memory for it"},
                                      std::pair{Prober::Fault::breaks, "rank 0: the wire is cut"},
                                      std::pair{Prober::Fault::loses, "rank 0: byte 8 did not arrive"}}) {
    const auto probe = with(fault);
    ASSERT_EQ(probe.rows().size(), 3U);
    EXPECT_EQ(probe.rows()[2].reason, reason);
    EXPECT_TRUE(std::isnan(probe.gigabytes_per_second()));
    EXPECT_FALSE(std::isnan(probe.launch_us()));
  }
}

TEST_F(MeasureLimits, AreNoneOfABackendThatHasNoProber) {
  OwnProber backend(backend_, [](ProcessGroup&) { return nullptr; });
  EXPECT_TRUE(run_probe(backend, group_, config_).rows().empty());
  EXPECT_EQ(to_string(MachineProbe(2)), "nothing was probed");
}

TEST_F(MeasureLimits, AreAnErrorOnEveryRankIfOneCannotBegin) {
  OwnProber backend(backend_, [](ProcessGroup& group) -> std::unique_ptr<MachineProber> {
    if (group.rank() == 0) throw Error("no shared memory");
    return nullptr;
  });
  EXPECT_THAT([&] { static_cast<void>(run_probe(backend, group_, config_)); },
              ThrowsMessage<Error>(HasSubstr("rank 0: no shared memory")));
}

TEST_F(MeasureLimits, OfTheHostAreThereAndArriveWhole) {
  const auto probe = run_probe(*backend_, group_, config_);
  const auto ranks = static_cast<std::size_t>(group_.size());
  EXPECT_EQ(probe.rows().size(), 1U + ranks * (ranks - 1) / 2 + (ranks > 1 ? 2U * (ranks * (ranks - 1) + 3U) : 0U));
  EXPECT_THAT(probe.rows(), Each(Field(&ProbeRow::reason, "")));
  EXPECT_THAT(probe.rows(), Each(Field(&ProbeRow::value, Ge(0.0))));
  EXPECT_FALSE(std::isnan(probe.lower_bound_us({group_.size(), DType::float32, "NONE", 64, 4}, Context::engine)));
}

TEST_F(MeasureLimits, OfTheHostMakeRoundTripsThatWaitForTheOther) {
  if (group_.size() < 2) GTEST_SKIP() << "no other rank";
  const auto prober = backend_->machine_prober(group_, std::chrono::seconds(10));
  const auto operation = prober->probe({ProbeKind::one_way, 0, 1, 0, 1});
  prober->clear();
  const auto start = std::chrono::steady_clock::now();
  group_.barrier();
  if (group_.rank() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  if (group_.rank() < 2) operation->enqueue({});
  if (group_.rank() == 0) {
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(50));
  }
  group_.barrier();
}

TEST_F(MeasureLimits, OfTheHostNoticeWhatWasNotSent) {
  const auto prober = backend_->machine_prober(group_, std::chrono::seconds(10));
  for (const auto& what : prober->cases()) {
    const auto operation = prober->probe(what);
    prober->clear();
    group_.barrier();
    const bool expects = !what.senders_to(group_.rank(), group_.size()).empty();
    EXPECT_EQ(prober->missing(what).empty(), !expects) << name_of(what.kind);
    group_.barrier();
    operation->enqueue({});
    group_.barrier();
    EXPECT_EQ(prober->missing(what), "") << name_of(what.kind);
  }
}

}  // namespace
}  // namespace arbiter
