// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>

#include <gtest/gtest.h>

#include "arbiter/host/number_formats.hpp"
#include "support/fusions_harness.hpp"

namespace arbiter {
namespace {

using test::FusionHarness;
using test::load_fusion;

constexpr std::int64_t hidden_size = 200;
constexpr std::int64_t num_tokens = 3;

/// A correct result of one fusion, which tests then damage.
class Damaged : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    harness_.run();
    ASSERT_LE(harness_.check(), 1.0);
  }
  [[nodiscard]] bool has(const std::string& tensor) const {
    for (const TensorSpec& spec : harness_.specs()) {
      if (spec.name == tensor) return true;
    }
    return false;
  }
  /// Runs with a damaged input, then checks with the intact one.
  double check_after_running_with(const std::string& input, const std::vector<std::uint8_t>& damaged) {
    const auto sound = harness_.tensor(input);
    std::copy(damaged.begin(), damaged.end(), harness_.tensor(input).begin());
    harness_.run();
    std::copy(sound.begin(), sound.end(), harness_.tensor(input).begin());
    return harness_.check();
  }

  Problem problem_{2, DType::bfloat16, GetParam(), hidden_size, num_tokens};
  std::shared_ptr<Fusion> fusion_ = load_fusion(GetParam());
  FusionHarness harness_{*fusion_, problem_};
};

class DamagedNorm : public Damaged {};
class DamagedQuantized : public Damaged {};
class DamagedFp8 : public Damaged {};
class DamagedNvfp4 : public Damaged {};

TEST_P(Damaged, FailsForAnyElementTwoStepsOff) {
  for (const char* name : {"reduced", "residual_out", "norm_out"}) {
    if (!has(name)) continue;
    auto& tensor = harness_.tensor(name);
    for (std::size_t i = 0; i < static_cast<std::size_t>(problem_.elements()); ++i) {
      for (const int step : {-2, 2}) {
        std::uint16_t code = 0;
        std::memcpy(&code, &tensor[i * 2], 2);
        const auto moved = static_cast<std::uint16_t>(code + step);
        std::memcpy(&tensor[i * 2], &moved, 2);
        ASSERT_GT(harness_.check(), 1.0) << name << "[" << i << "] moved by " << step;
        std::memcpy(&tensor[i * 2], &code, 2);
      }
    }
  }
}

TEST_P(Damaged, FailsForASignFlipAnywhere) {
  for (const char* name : {"reduced", "residual_out", "norm_out"}) {
    if (!has(name)) continue;
    auto& tensor = harness_.tensor(name);
    for (std::size_t i = 0; i < static_cast<std::size_t>(problem_.elements()); ++i) {
      tensor[i * 2 + 1] ^= 0x80;
      ASSERT_GT(harness_.check(), 1.0) << name << "[" << i << "]";
      tensor[i * 2 + 1] ^= 0x80;
    }
  }
}

TEST_P(DamagedFp8, FailsForAnE4m3ValueTwoStepsOff) {
  auto& quant = harness_.tensor("quant_out");
  for (std::size_t i = 0; i < static_cast<std::size_t>(problem_.elements()); ++i) {
    const std::uint8_t code = quant[i];
    const int magnitude = code & 0x7f;
    quant[i] = static_cast<std::uint8_t>((code & 0x80) | (magnitude >= 2 ? magnitude - 2 : magnitude + 2));
    ASSERT_GT(harness_.check(), 1.0) << i;
    quant[i] = static_cast<std::uint8_t>(code ^ 0x80);
    ASSERT_TRUE(magnitude == 0 || harness_.check() > 1.0) << i;
    quant[i] = code;
  }
}

TEST_P(DamagedNvfp4, FailsForAnE2m1ValueTwoStepsOff) {
  auto& quant = harness_.tensor("quant_out");
  for (std::size_t i = 0; i < static_cast<std::size_t>(problem_.elements()); ++i) {
    const std::uint8_t byte = quant[i / 2];
    const int shift = i % 2 == 0 ? 0 : 4;
    const int magnitude = byte >> shift & 0x7;
    const int moved = magnitude >= 2 ? magnitude - 2 : magnitude + 2;
    quant[i / 2] = static_cast<std::uint8_t>((byte & ~(0x7 << shift)) | moved << shift);
    ASSERT_GT(harness_.check(), 1.0) << i;
    quant[i / 2] = byte;
  }
}

TEST_P(DamagedNvfp4, FailsForABlockScaleTwoStepsOff) {
  auto& scale = harness_.tensor("scale_out");
  int written = 0;
  for (std::size_t i = 0; i + 64 < scale.size(); ++i) {
    const std::uint8_t code = scale[i];
    if (code == 0xff) continue;  // a padding row, which is not written
    ++written;
    for (const int step : {-2, 2}) {
      scale[i] = static_cast<std::uint8_t>(code + step);
      ASSERT_GT(harness_.check(), 1.0) << i << " moved by " << step;
    }
    scale[i] = code;
  }
  EXPECT_EQ(written, num_tokens * 16);  // 13 blocks and 3 columns of padding
}

TEST_P(DamagedNvfp4, FailsForSwappedNibbles) {
  auto& quant = harness_.tensor("quant_out");
  for (auto byte = quant.begin(); byte != quant.end() - 64; ++byte) {
    *byte = static_cast<std::uint8_t>(*byte << 4 | *byte >> 4);
  }
  EXPECT_GT(harness_.check(), 1.0);
}

TEST_P(DamagedNorm, FailsWithoutTheResidual) {
  EXPECT_GT(check_after_running_with("residual", std::vector<std::uint8_t>(hidden_size * num_tokens * 2, 0)), 1.0);
}

TEST_P(DamagedNorm, FailsWithGammaShiftedByOne) {
  std::vector<std::uint8_t> gamma(harness_.tensor("gamma").begin(), harness_.tensor("gamma").begin() + hidden_size * 2);
  std::rotate(gamma.begin(), gamma.begin() + 2, gamma.end());
  EXPECT_GT(check_after_running_with("gamma", gamma), 1.0);
}

TEST_P(DamagedQuantized, FailsWithAnotherScale) {
  const char* name = has("scale") ? "scale" : "global_scale";
  float scale = 0.0F;
  std::memcpy(&scale, harness_.tensor(name).data(), 4);
  scale *= 1.1F;
  std::vector<std::uint8_t> damaged(4);
  std::memcpy(damaged.data(), &scale, 4);
  EXPECT_GT(check_after_running_with(name, damaged), 1.0);
}

TEST_P(Damaged, FailsWithoutOneRanksMessage) {
  for (std::int64_t i = 0; i < problem_.elements(); ++i) std::memset(harness_.message(1, i), 0, 2);
  EXPECT_GT(harness_.check(), 1.0);
}

TEST_P(DamagedNorm, FailsWithTheNormOfTheSumBeforeTheResidual) {
  const auto epilogue = fusion_->host_epilogue(problem_);
  std::vector<float> sum(hidden_size, 0.5F);
  std::vector<std::uint8_t> epilogue_state(hidden_size * 2);
  const float scalar = epilogue->begin_row(harness_.bindings(), 0, sum.data(), epilogue_state.data());
  const auto* residual_out = &harness_.tensor("residual_out")[0];
  std::copy(residual_out, residual_out + epilogue_state.size(), epilogue_state.begin());
  epilogue->finish_row(harness_.bindings(), 0, epilogue_state.data(), scalar);
  EXPECT_GT(harness_.check(), 1.0);
}

using testing::Values;
const auto by_name = [](const auto& test) { return test.param; };
INSTANTIATE_TEST_SUITE_P(All, Damaged, testing::ValuesIn(test::fusion_names()), by_name);
INSTANTIATE_TEST_SUITE_P(All, DamagedNorm, testing::ValuesIn(test::norm_names()), by_name);
INSTANTIATE_TEST_SUITE_P(All, DamagedQuantized,
                         Values("RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_QUANT_NVFP4",
                                "RESIDUAL_RMS_NORM_OUT_QUANT_FP8", "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4"),
                         by_name);
INSTANTIATE_TEST_SUITE_P(All, DamagedFp8,
                         Values("RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_OUT_QUANT_FP8",
                                "RESIDUAL_RMS_NORM_QUANT_DYNAMIC_FP8", "RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8",
                                "RESIDUAL_RMS_NORM_QUANT_PER_TOKEN_GROUP_FP8",
                                "RESIDUAL_RMS_NORM_OUT_QUANT_PER_TOKEN_GROUP_FP8"),
                         by_name);
INSTANTIATE_TEST_SUITE_P(All, DamagedNvfp4,
                         Values("RESIDUAL_RMS_NORM_QUANT_NVFP4", "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4"), by_name);

TEST(DamagedEps, FailsWithAnotherEps) {
  const auto sound = load_fusion("RESIDUAL_RMS_NORM", "eps", "1e-5");
  const auto other = load_fusion("RESIDUAL_RMS_NORM", "eps", "1e-1");
  const Problem problem{2, DType::bfloat16, "RESIDUAL_RMS_NORM", hidden_size, num_tokens};
  FusionHarness harness(*sound, problem);
  harness.run(*other->host_epilogue(problem));
  EXPECT_GT(harness.check(), 1.0);
}

TEST(DamagedFloat32, FailsFourStepsOffInTheResidualAndAPartInTwentyThousandInTheNorm) {
  const auto fusion = load_fusion("RESIDUAL_RMS_NORM");
  const Problem problem{2, DType::float32, "RESIDUAL_RMS_NORM", 4096, 1};
  FusionHarness harness(*fusion, problem);
  harness.run();
  ASSERT_LE(harness.check(), 1.0);
  const auto move = [&](const char* name, std::size_t i, auto change) {
    auto& tensor = harness.tensor(name);
    float value = 0.0F;
    std::memcpy(&value, &tensor[i * 4], 4);
    const float moved = change(value);
    std::memcpy(&tensor[i * 4], &moved, 4);
    const double error = harness.check();
    std::memcpy(&tensor[i * 4], &value, 4);
    return error;
  };
  const std::vector<double> residual_out = harness.values("residual_out");
  for (std::size_t i = 0; i < 4096; i += 37) {
    if (std::fabs(residual_out[i]) < 1.0) continue;  // cancellation: its spacing is finer than that of the addends
    EXPECT_GT(
        move("residual_out", i, [](float v) { return std::bit_cast<float>(std::bit_cast<std::uint32_t>(v) + 4); }),
        1.0);
    EXPECT_GT(move("norm_out", i, [](float v) { return v * 1.00005F; }), 1.0);
  }
}

}  // namespace
}  // namespace arbiter
