// SPDX-License-Identifier: Apache-2.0
#include "measure/verification.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "arbiter/error.hpp"
#include "arbiter/host/row_kernels.hpp"
#include "group_fixture.hpp"
#include "measure/random_data.hpp"

namespace arbiter {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t seed = 11;

/// Gives the right sum, made from the random streams themselves, after `spoil` had a go at it.
class RightSum : public Operation {
 public:
  RightSum(Problem problem, std::function<void(std::byte*)> spoil)
      : problem_(std::move(problem)), spoil_(std::move(spoil)) {}

  void enqueue(const Bindings& bindings) override {
    const auto count = static_cast<std::size_t>(problem_.elements());
    std::vector<double> sum(count);
    std::vector<double> magnitude(count);
    for (int rank = 0; rank < problem_.tp_size; ++rank) {
      add_random_elements({seed, static_cast<std::uint64_t>(rank)}, problem_.dtype, 0, problem_.elements(), sum.data(),
                          magnitude.data());
    }
    const std::vector<float> rounded(sum.begin(), sum.end());
    row_kernels(problem_.dtype).store(rounded.data(), bindings.tensors[0], problem_.elements());
    spoil_(static_cast<std::byte*>(bindings.tensors[0]));
  }

 private:
  Problem problem_;
  std::function<void(std::byte*)> spoil_;
};

/// NONE, but the test says what the error of each row is.
class Judging : public Fusion {
 public:
  using Judge = std::function<double(std::int64_t row, std::span<const double> sum, std::span<const double> tolerance)>;

  Judging(const Fusion& none, Judge judge) : none_(none), judge_(std::move(judge)) {}
  [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem& problem) const override {
    return none_.tensors(problem);
  }
  [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& problem) const override {
    return none_.host_epilogue(problem);
  }
  void do_reference_row(const Problem& problem, const Bindings& host, std::int64_t row, std::span<const double> sum,
                        std::span<const double> tolerance, std::vector<ReferenceRow>& outputs) const override {
    none_.reference_row(problem, host, row, sum, tolerance, outputs);
  }
  [[nodiscard]] double do_check_row(const Problem& /*problem*/, const Bindings& /*host*/, std::int64_t row,
                                    std::span<const double> sum, std::span<const double> tolerance) const override {
    const std::lock_guard lock(mutex_);
    return judge_(row, sum, tolerance);
  }

 private:
  const Fusion& none_;
  Judge judge_;
  mutable std::mutex mutex_;
};

class VerificationTest : public GroupFixture {
 protected:
  Verification verify_with(const std::function<void(std::byte*)>& spoil) { return verify_with(spoil, *none_); }

  Verification verify_with(const std::function<void(std::byte*)>& spoil, const Fusion& fusion) {
    RightSum operation(problem_, spoil);
    ProblemTensors tensors(problem_, fusion, *backend_, group_.rank(), {seed, false});
    return verify(operation, problem_, fusion, tensors, *backend_, group_,
                  allowed_share(Numerics::library, false, problem_));
  }

  Verification judged_by(Judging::Judge judge) {
    return verify_with([](std::byte*) {}, Judging(*none_, std::move(judge)));
  }

  Problem problem_{group_.size(), DType::bfloat16, "NONE", 130, 7};
};

TEST_F(VerificationTest, PassesTheRightResult) {
  const auto result = verify_with([](std::byte*) {});
  EXPECT_THAT(result.reason, IsEmpty());
  EXPECT_LE(result.error, 1.0);
}

TEST_F(VerificationTest, FindsAnElementThatWasNotWritten) {
  const auto result = verify_with([](std::byte* out) { std::memset(out + std::ptrdiff_t{2} * 500, 0xff, 2); });
  EXPECT_THAT(result.reason, HasSubstr("off by"));
}

TEST_F(VerificationTest, FindsOneWrongElement) {
  const auto result = verify_with([](std::byte* out) {
    const std::uint16_t two = 0x4080;  // 4.0
    std::memcpy(out + std::ptrdiff_t{2} * 77, &two, 2);
  });
  EXPECT_THAT(result.reason, HasSubstr("off by"));
}

TEST_F(VerificationTest, FindsRanksThatHoldDifferentBits) {
  if (group_.size() < 2) GTEST_SKIP() << "needs two ranks";
  const bool last = group_.rank() == group_.size() - 1;
  const auto result = verify_with([&](std::byte* out) {
    // The last bit of one element: within any tolerance.
    if (last) out[std::ptrdiff_t{2} * 12] ^= std::byte{1};
  });
  EXPECT_THAT(result.reason, HasSubstr("ranks 0 and " + std::to_string(group_.size() - 1) + " hold different bits"));
}

TEST_F(VerificationTest, FindsADifferenceInTheLastBytesToo) {
  if (group_.size() < 2) GTEST_SKIP() << "needs two ranks";
  const auto end = static_cast<std::size_t>(problem_.message_bytes());
  ASSERT_EQ(end % 8, 4U) << "some bytes are no whole word";
  for (std::size_t at = end - 6; at < end; ++at) {
    const auto result = verify_with([&](std::byte* out) {
      if (group_.rank() == 1) out[at] ^= std::byte{1};
    });
    EXPECT_THAT(result.reason, HasSubstr("ranks 0 and 1 hold different bits")) << end - at << " from the end";
  }
}

TEST_F(VerificationTest, FindsADifferenceInEveryMebibyte) {
  if (group_.size() < 2) GTEST_SKIP() << "needs two ranks";
  problem_ = {group_.size(), DType::bfloat16, "NONE", 1024, 1025};
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{1} << 20U, (std::size_t{1} << 21U) - 2, std::size_t{1} << 21U}) {
    const auto result = verify_with([&](std::byte* out) {
      if (group_.rank() == 1) out[at] ^= std::byte{1};
    });
    EXPECT_THAT(result.reason, HasSubstr("ranks 0 and 1 hold different bits")) << at;
  }
}

TEST_F(VerificationTest, FindsWritesBehindTheEnd) {
  const bool last = group_.rank() == group_.size() - 1;
  const auto result = verify_with([&](std::byte* out) {
    if (last) out[problem_.message_bytes() + 3] = std::byte{0};
  });
  EXPECT_THAT(result.reason, HasSubstr("past the end"));
}

TEST_F(VerificationTest, AnErrorThatIsNoNumberFails) {
  const auto result = judged_by([](std::int64_t row, auto, auto) { return row == 3 ? std::nan("") : 0.0; });
  EXPECT_EQ(result.error, std::numeric_limits<double>::infinity());
  EXPECT_EQ(result.reason, "the result is off by inf times the allowed error");
}

TEST_F(VerificationTest, TheWorstRowOfAllRanksCountsAndMayTakeAllOfTheAllowedError) {
  const auto worst = [&](double error) {
    return judged_by([error](std::int64_t row, auto, auto) { return row == 4 ? error : 0.25; });
  };
  EXPECT_EQ(worst(1.0).error, 1.0);
  EXPECT_THAT(worst(1.0).reason, IsEmpty());
  EXPECT_THAT(worst(std::nextafter(1.0, 2.0)).reason, HasSubstr("off by"));
  EXPECT_EQ(worst(1.0625).error, 1.0625);
  EXPECT_EQ(worst(1.0625).reason, "the result is off by 1.06 times the allowed error");
}

TEST_F(VerificationTest, RanksShareTheRowsAndAllowOneRoundingForEachRank) {
  std::map<std::int64_t, int> times;
  const auto result = judged_by([&](std::int64_t row, std::span<const double> sum, std::span<const double> tolerance) {
    ++times[row];
    const auto hidden = static_cast<std::size_t>(problem_.hidden_size);
    std::vector<double> exact(hidden);
    std::vector<double> allowed(hidden);
    for (int rank = 0; rank < group_.size(); ++rank) {
      add_random_elements({seed, static_cast<std::uint64_t>(rank)}, problem_.dtype, row * problem_.hidden_size,
                          problem_.hidden_size, exact.data(), allowed.data());
    }
    for (auto& value : allowed) value *= group_.size() / 256.0;  // bfloat16 has 8 bits of precision
    EXPECT_TRUE(std::ranges::equal(sum, exact)) << row;
    EXPECT_TRUE(std::ranges::equal(tolerance, allowed)) << row;
    return 0.0;
  });
  EXPECT_TRUE(result.passed());
  std::map<std::int64_t, int> own;
  for (std::int64_t row = group_.rank(); row < problem_.num_tokens; row += group_.size()) own[row] = 1;
  EXPECT_EQ(times, own);
}

TEST_F(VerificationTest, NamesTheRankWhoseOperationThrew) {
  const bool last = group_.rank() == group_.size() - 1;
  const auto result = verify_with([&](std::byte*) {
    if (last) throw Error("out of luck");
  });
  EXPECT_EQ(result.reason, "rank " + std::to_string(group_.size() - 1) + ": out of luck");
  EXPECT_TRUE(result.threw);
  EXPECT_TRUE(std::isnan(result.error));
}

TEST(AllowedShare, IsOneRoundingPerRankOrPerAdditionAndOneWhereTheSumIsStored) {
  const Problem bfloat16{4, DType::bfloat16, "NONE", 8, 1};
  const Problem float16{2, DType::float16, "NONE", 8, 1};
  for (const auto numerics : {Numerics::unknown, Numerics::per_hop, Numerics::library}) {
    for (const bool stored : {false, true}) {
      EXPECT_EQ(allowed_share(numerics, stored, bfloat16), 4 * 0x1p-8);
      EXPECT_EQ(allowed_share(numerics, stored, float16), 2 * 0x1p-11);
    }
  }
  for (const auto numerics : {Numerics::fp32, Numerics::fp32_rank_order}) {
    EXPECT_EQ(allowed_share(numerics, false, bfloat16), 4 * 0x1p-24);
    EXPECT_EQ(allowed_share(numerics, true, bfloat16), 4 * 0x1p-24 + 0x1p-8);
    EXPECT_EQ(allowed_share(numerics, true, float16), 2 * 0x1p-24 + 0x1p-11);
  }
}

/// Three sets, so four messages; the outputs are written by the test.
class SampleJudgeTest : public VerificationTest {
 protected:
  SampleJudgeTest()
      : judging_(*none_, [this](std::int64_t row, auto, auto) { return judge_row(row); }),
        tensors_(problem_, judging_, *backend_, group_.rank(), {seed, false}, {3, false}),
        judge_(problem_, judging_, tensors_, group_) {
    tensors_.poison_outputs();
  }

  double judge_row(std::int64_t /*row*/) {
    ++rows_;
    return error_;
  }
  /// What iteration `of` leaves is a byte here: which one is right is for judge_row() to say.
  void write(std::int64_t set, std::uint8_t of) {
    std::memset(tensors_.iterations(set + 1).back().bindings.tensors[0], of,
                static_cast<std::size_t>(problem_.message_bytes()));
  }
  /// How many rows all ranks compared with the reference since the last call.
  int rows() {
    const auto own = static_cast<double>(std::exchange(rows_, 0));
    std::vector<double> all(static_cast<std::size_t>(group_.size()));
    group_.all_gather(&own, all.data(), sizeof own);
    return static_cast<int>(std::accumulate(all.begin(), all.end(), 0.0));
  }

  double error_ = 0.5;
  int rows_ = 0;
  Judging judging_;
  ProblemTensors tensors_;
  SampleJudge judge_;
};

TEST_F(SampleJudgeTest, ComparesARightResultWithTheReferenceOnce) {
  write(0, 1);
  EXPECT_EQ(judge_.judge_set(0.25, 0, 0).error, 0.5);
  EXPECT_EQ(rows(), 7);
  error_ = 0.75;
  EXPECT_EQ(judge_.judge_set(0.25, 0, 0).error, 0.5) << "as before";
  EXPECT_EQ(rows(), 0);
  write(1, 1);
  EXPECT_EQ(judge_.judge_set(0.25, 1, 4).error, 0.5) << "the same message, on another set";
  EXPECT_EQ(judge_.judge_set(0.5, 1, 4).error, 0.5) << "and more is allowed";
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(judge_.judge_set(0.125, 1, 4).error, 0.75) << "less is allowed than the first time";
  EXPECT_EQ(rows(), 7);
  write(0, 2);
  EXPECT_EQ(judge_.judge_set(0.25, 0, 0).error, 0.75) << "another result of the same message";
  EXPECT_EQ(rows(), 7);
}

TEST_F(SampleJudgeTest, AWrongResultIsComparedAgain) {
  write(0, 1);
  error_ = 1.5;
  EXPECT_EQ(judge_.judge_set(0.25, 0, 0).reason, "the result is off by 1.5 times the allowed error");
  EXPECT_EQ(judge_.judge_set(0.25, 0, 0).reason, "the result is off by 1.5 times the allowed error");
  EXPECT_EQ(rows(), 14);
  error_ = 1.0;
  EXPECT_TRUE(judge_.judge_set(0.25, 0, 0).passed());
}

TEST_F(SampleJudgeTest, KnowsTheResultOfAnotherIteration) {
  write(0, 1);
  EXPECT_TRUE(judge_.judge_set(0.25, 0, 0).passed());
  EXPECT_EQ(judge_.judge_set(0.25, 0, 3).reason, "an output holds the result of another iteration");
  EXPECT_TRUE(judge_.judge_set(0.25, 0, 4).passed()) << "of the same message";
  error_ = 2.0;
  EXPECT_EQ(judge_.judge_set(0.25, 0, 2).reason, "an output holds the result of another iteration")
      << "says more than by how much it is off";
}

TEST_F(SampleJudgeTest, JudgesTheLastRunOnEachSet) {
  write(0, 1);
  EXPECT_TRUE(judge_.judge(0.25, 1).passed()) << "the other sets had no iteration";
  EXPECT_EQ(judge_.judge(0.25, 2).reason, "iteration 2 of 2: an output was not written");
  write(1, 2);
  write(2, 3);
  EXPECT_EQ(judge_.judge(0.25, 3).error, 0.5);
  EXPECT_TRUE(judge_.judge(0.25, 3).passed());
  // The fourth and fifth iterations have other messages than the first and second, on the same sets.
  EXPECT_EQ(judge_.judge(0.25, 5).reason, "iteration 4 of 5: an output holds the result of another iteration");
  write(0, 4);
  EXPECT_EQ(judge_.judge(0.25, 5).reason, "iteration 5 of 5: an output holds the result of another iteration");
  write(1, 1);  // iteration 4 has message 0 again
  EXPECT_TRUE(judge_.judge(0.25, 5).passed());
}

TEST_F(SampleJudgeTest, GivesTheWorstErrorOfAllSets) {
  for (const std::int64_t set : {0, 1, 2}) write(set, static_cast<std::uint8_t>(set + 1));
  error_ = 0.75;
  EXPECT_EQ(judge_.judge_set(0.25, 1, 1).error, 0.75);
  error_ = 0.25;
  const auto all = judge_.judge(0.25, 3);
  EXPECT_EQ(all.error, 0.75);
  EXPECT_TRUE(all.passed());
  EXPECT_EQ(rows(), 3 * 7);
}

TEST_F(SampleJudgeTest, FindsThatOneRankWroteNothingOrTooMuch) {
  const bool last = group_.rank() == group_.size() - 1;
  if (!last) write(2, 1);
  EXPECT_EQ(judge_.judge_set(0.25, 2, 2).reason, "an output was not written");
  write(2, 1);
  if (last) {
    static_cast<std::byte*>(tensors_.iterations(3).back().bindings.tensors[0])[problem_.message_bytes()] = std::byte{0};
  }
  EXPECT_EQ(judge_.judge_set(0.25, 2, 2).reason, "wrote past the end of an output");
}

}  // namespace
}  // namespace arbiter
