// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"
#include "support/fusions_harness.hpp"

namespace arbiter::test {

namespace {

constexpr DType message_dtypes[] = {DType::bfloat16, DType::float16, DType::float32};

class ScaleBias : public ::testing::TestWithParam<DType> {
 protected:
  /// The output is called as FusionHarness::run() expects neither; rows are run here.
  static void run(FusionHarness& harness, const Fusion& fusion, const std::vector<std::vector<float>>& sums) {
    const auto epilogue = fusion.host_epilogue(harness.problem());
    std::vector<std::byte> epilogue_state(static_cast<std::size_t>(harness.problem().hidden_size) * 4);
    for (std::size_t row = 0; row < sums.size(); ++row) {
      const auto at = static_cast<std::int64_t>(row);
      const float scalar = epilogue->begin_row(harness.bindings(), at, sums[row].data(), epilogue_state.data());
      epilogue->finish_row(harness.bindings(), at, epilogue_state.data(), scalar);
    }
  }
};

/// Sums of `rows` rows that every message dtype holds exactly.
std::vector<std::vector<float>> whole_sums(std::size_t rows, std::size_t columns) {
  std::vector<std::vector<float>> sums(rows, std::vector<float>(columns));
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < columns; ++i) sums[row][i] = static_cast<float>((row * 31 + i * 7) % 101) - 50.0F;
  }
  return sums;
}

double worst(const Fusion& fusion, const FusionHarness& harness, const std::vector<std::vector<float>>& sums) {
  double error = 0.0;
  for (std::size_t row = 0; row < sums.size(); ++row) {
    const std::vector<double> sum(sums[row].begin(), sums[row].end());
    const std::vector<double> tolerance(sum.size(), 0.0);
    error = std::max(
        error, fusion.check_row(harness.problem(), harness.bindings(), static_cast<std::int64_t>(row), sum, tolerance));
  }
  return error;
}

TEST_P(ScaleBias, PassesItsOwnCheckForAnyHiddenSizeAndFailsItForAnotherScale) {
  const auto fusion = load_plugin<Fusion>(SCALE_BIAS_PLUGIN, {{"scale", "0.3"}});
  const auto other = load_plugin<Fusion>(SCALE_BIAS_PLUGIN, {{"scale", "0.31"}});
  for (const std::int64_t hidden_size : {1, 7, 255, 256, 257, 2880}) {
    FusionHarness harness(*fusion, {2, GetParam(), "SCALE_BIAS", hidden_size, 3});
    const auto sums = whole_sums(3, static_cast<std::size_t>(hidden_size));
    EXPECT_EQ(worst(*fusion, harness, sums), std::numeric_limits<double>::infinity()) << "nothing was written yet";
    run(harness, *fusion, sums);
    EXPECT_LE(worst(*fusion, harness, sums), 1.0) << hidden_size;
    EXPECT_GT(worst(*other, harness, sums), 1.0) << hidden_size;
    EXPECT_TRUE(harness.guards_intact());
  }
}

TEST_P(ScaleBias, MultipliesAndAddsTheBiasOfTheColumn) {
  const auto fusion = load_plugin<Fusion>(SCALE_BIAS_PLUGIN, {{"scale", "0.5"}});
  FusionHarness harness(*fusion, {2, GetParam(), "SCALE_BIAS", 4, 2});
  const std::vector<float> bias = {1.0F, -2.0F, 0.5F, 0.0F};
  row_kernels(GetParam()).store(bias.data(), harness.tensor("bias").data(), 4);
  run(harness, *fusion, {{2.0F, 4.0F, -6.0F, 0.0F}, {1.0F, 1.0F, 1.0F, 1.0F}});
  EXPECT_EQ(harness.values("out"), (std::vector<double>{2.0, 0.0, -2.5, 0.0, 1.5, -1.5, 1.0, 0.5}));
}

TEST_P(ScaleBias, KeepsNanAndInfinity) {
  const auto fusion = load_plugin<Fusion>(SCALE_BIAS_PLUGIN);
  FusionHarness harness(*fusion, {2, GetParam(), "SCALE_BIAS", 3, 1});
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<std::vector<float>> sums = {{infinity, -infinity, std::numeric_limits<float>::quiet_NaN()}};
  run(harness, *fusion, sums);
  const auto out = harness.values("out");
  EXPECT_EQ(out[0], infinity);
  EXPECT_EQ(out[1], -infinity);
  EXPECT_TRUE(std::isnan(out[2]));
  EXPECT_LE(worst(*fusion, harness, sums), 1.0);
}

INSTANTIATE_TEST_SUITE_P(All, ScaleBias, ::testing::ValuesIn(message_dtypes),
                         [](const auto& dtype) { return std::string(name_of(dtype.param)); });

}  // namespace

}  // namespace arbiter::test
