#include "measure/verification.hpp"

#include <cstring>
#include <functional>

#include "arbiter/error.hpp"
#include "arbiter/row_kernels.hpp"
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

class VerificationTest : public GroupFixture {
 protected:
  Verification verify_with(const std::function<void(std::byte*)>& spoil) {
    RightSum operation(problem_, spoil);
    ProblemTensors tensors(problem_, *none_, *backend_, group_.rank(), {seed, false});
    return verify(operation, problem_, *none_, tensors, *backend_, group_);
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

TEST_F(VerificationTest, FindsWritesBehindTheEnd) {
  const bool last = group_.rank() == group_.size() - 1;
  const auto result = verify_with([&](std::byte* out) {
    if (last) out[problem_.message_bytes() + 3] = std::byte{0};
  });
  EXPECT_THAT(result.reason, HasSubstr("behind the end"));
}

TEST_F(VerificationTest, NamesTheRankWhoseOperationThrew) {
  const bool last = group_.rank() == group_.size() - 1;
  const auto result = verify_with([&](std::byte*) {
    if (last) throw Error("out of luck");
  });
  EXPECT_EQ(result.reason, "rank " + std::to_string(group_.size() - 1) + ": out of luck");
  EXPECT_TRUE(result.threw);
}

}  // namespace
}  // namespace arbiter
