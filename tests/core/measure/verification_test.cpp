// SPDX-License-Identifier: Apache-2.0
#include "measure/verification.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <mutex>

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
  const auto result = verify_with([](std::byte* out) { std::memset(out + 2 * 500, 0xff, 2); });
  EXPECT_THAT(result.reason, HasSubstr("off by"));
}

TEST_F(VerificationTest, FindsOneWrongElement) {
  const auto result = verify_with([](std::byte* out) {
    const std::uint16_t two = 0x4080;  // 4.0
    std::memcpy(out + 2 * 77, &two, 2);
  });
  EXPECT_THAT(result.reason, HasSubstr("off by"));
}

TEST_F(VerificationTest, FindsRanksThatHoldDifferentBits) {
  if (group_.size() < 2) GTEST_SKIP() << "needs two ranks";
  const bool last = group_.rank() == group_.size() - 1;
  const auto result = verify_with([&](std::byte* out) {
    // The last bit of one element: within any tolerance.
    if (last) out[2 * 12] ^= std::byte{1};
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

}  // namespace
}  // namespace arbiter
