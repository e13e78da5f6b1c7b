// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <tuple>

#include <gtest/gtest.h>

#include "support/fusions_harness.hpp"

namespace arbiter {
namespace {

using test::FusionHarness;
using test::load_fusion;

constexpr DType message_dtypes[] = {DType::bfloat16, DType::float16, DType::float32};

class EveryFusion : public testing::TestWithParam<std::tuple<std::string, DType>> {
 protected:
  [[nodiscard]] Problem problem(std::int64_t hidden_size, std::int64_t num_tokens = 3) const {
    return {3, std::get<1>(GetParam()), std::get<0>(GetParam()), hidden_size, num_tokens};
  }
  std::shared_ptr<Fusion> fusion_ = load_fusion(std::get<0>(GetParam()));
};

class EveryNorm : public EveryFusion {};

TEST_P(EveryFusion, PassesItsCheckForAnyHiddenSize) {
  for (const std::int64_t hidden : {1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 272, 1000, 2880}) {
    FusionHarness harness(*fusion_, problem(hidden), static_cast<std::uint32_t>(hidden));
    harness.run();
    EXPECT_LE(harness.check(), 1.0) << hidden;
    EXPECT_TRUE(harness.guards_intact()) << hidden;
  }
}

TEST_P(EveryNorm, PassesItsCheckWithAWeightBias) {
  const auto biased = load_fusion(std::get<0>(GetParam()), "weight_bias", "1");
  FusionHarness harness(*biased, problem(300));
  harness.run();
  EXPECT_LE(harness.check(), 1.0);
  EXPECT_TRUE(harness.guards_intact());
  harness.run(*fusion_->host_epilogue(problem(300)));
  EXPECT_GT(harness.check(), 1.0) << "without the bias";
}

TEST_P(EveryFusion, PassesItsCheckWithEachLayoutOfScales) {
  for (const char* const layout : test::other_layouts_of(std::get<0>(GetParam()))) {
    const auto fusion = load_fusion(std::get<0>(GetParam()), "scale_layout", layout);
    for (const std::int64_t hidden : {1, 127, 128, 129, 600}) {
      FusionHarness harness(*fusion, problem(hidden, 5));
      harness.run();
      EXPECT_LE(harness.check(), 1.0) << layout << " " << hidden;
      EXPECT_TRUE(harness.guards_intact()) << layout << " " << hidden;
    }
  }
}

TEST_P(EveryFusion, GivesTheSameBitsWhenTheCarriedRowIsTheOutput) {
  FusionHarness apart(*fusion_, problem(301));
  FusionHarness in_place(*fusion_, problem(301));
  const auto epilogue = fusion_->host_epilogue(problem(301));
  apart.run(*epilogue);
  in_place.run(*epilogue, true);
  EXPECT_EQ(apart.outputs(), in_place.outputs());
}

TEST_P(EveryFusion, FailsItsCheckWhenNothingWasWritten) {
  FusionHarness harness(*fusion_, problem(64));
  EXPECT_EQ(harness.check(), std::numeric_limits<double>::infinity());
}

TEST_P(EveryFusion, FailsItsCheckWhenOneRowIsAnothers) {
  FusionHarness harness(*fusion_, problem(64));
  const auto epilogue = fusion_->host_epilogue(problem(64));
  harness.run(*epilogue);
  for (std::size_t i = 0; i < harness.specs().size(); ++i) {
    const TensorSpec& spec = harness.specs()[i];
    if (spec.role != TensorRole::output || spec.name == "scale_out") continue;
    auto& tensor = harness.tensor(spec.name);
    const auto original = tensor;
    const auto row = static_cast<std::ptrdiff_t>(spec.bytes() / 3);
    std::swap_ranges(tensor.begin(), tensor.begin() + row, tensor.begin() + row);
    EXPECT_GT(harness.check(), 1.0) << spec.name;
    tensor = original;
  }
  EXPECT_LE(harness.check(), 1.0);
}

TEST_P(EveryFusion, KeepsNanAndInfinityAndSaysSoInItsCheck) {
  for (const float special : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity()}) {
    FusionHarness harness(*fusion_, problem(100));
    row_kernels(problem(100).dtype).store(&special, harness.message(1, 117), 1);
    harness.run();
    EXPECT_LE(harness.check(), 1.0) << special;
    const std::string first = problem(100).fusion == "NONE" ? "reduced" : "residual_out";
    const double written = harness.values(first)[117];
    EXPECT_EQ(std::isnan(written), std::isnan(special));
    EXPECT_EQ(std::isinf(written), std::isinf(special));
    const float ordinary = 0.5F;
    row_kernels(problem(100).dtype)
        .store(&ordinary, &harness.tensor(first)[static_cast<std::size_t>(117 * size_of(problem(100).dtype))], 1);
    EXPECT_EQ(harness.check(), std::numeric_limits<double>::infinity()) << special;
  }
}

TEST_P(EveryFusion, ReferencesEveryOutputElementWithFiniteSlack) {
  FusionHarness harness(*fusion_, problem(50));
  const std::vector<double> sum(50, 0.25);
  const std::vector<double> tolerance(50, 1e-6);
  std::vector<ReferenceRow> outputs;
  fusion_->reference_row(problem(50), harness.bindings(), 1, sum, tolerance, outputs);
  std::size_t output = 0;
  for (const TensorSpec& spec : harness.specs()) {
    if (spec.role != TensorRole::output) continue;
    const ReferenceRow& row = outputs.at(output++);
    const std::size_t scales = problem(50).fusion.find("NVFP4") != std::string::npos ? 4 : 1;
    EXPECT_EQ(row.value.size(), spec.name == "scale_out" ? scales : 50U);
    ASSERT_EQ(row.value.size(), row.tolerance.size());
    for (const double value : row.tolerance) EXPECT_TRUE(std::isfinite(value) && value >= 0.0);
  }
  EXPECT_EQ(output, outputs.size());
}

const auto by_fusion_and_dtype = [](const auto& test) {
  return std::get<0>(test.param) + "_" + std::string(name_of(std::get<1>(test.param)));
};
INSTANTIATE_TEST_SUITE_P(All, EveryFusion,
                         testing::Combine(testing::ValuesIn(test::fusion_names()), testing::ValuesIn(message_dtypes)),
                         by_fusion_and_dtype);
INSTANTIATE_TEST_SUITE_P(All, EveryNorm,
                         testing::Combine(testing::ValuesIn(test::norm_names()), testing::ValuesIn(message_dtypes)),
                         by_fusion_and_dtype);

TEST(FusionTensors, AreNamedOrderedAndSized) {
  const Problem problem{2, DType::bfloat16, "", 100, 5};
  const auto describe = [&](const std::string& name, const std::string& key = "", const std::string& yaml = "") {
    std::string text;
    for (const TensorSpec& spec : load_fusion(name, key, yaml)->tensors(problem)) {
      text += spec.name + (spec.role == TensorRole::input ? "<" : ">") + std::to_string(spec.units) + " ";
    }
    return text;
  };
  EXPECT_EQ(describe("NONE"), "reduced>500 ");
  EXPECT_EQ(describe("RESIDUAL_RMS_NORM"), "residual<500 gamma<100 residual_out>500 norm_out>500 ");
  EXPECT_EQ(describe("RESIDUAL_RMS_NORM_QUANT_FP8"), "residual<500 gamma<100 scale<1 residual_out>500 quant_out>500 ");
  EXPECT_EQ(describe("RESIDUAL_RMS_NORM_OUT_QUANT_FP8"),
            "residual<500 gamma<100 scale<1 residual_out>500 norm_out>500 quant_out>500 ");
  EXPECT_EQ(describe("RESIDUAL_RMS_NORM_QUANT_NVFP4", "scale_layout", "linear"),
            "residual<500 gamma<100 global_scale<1 residual_out>500 quant_out>250 scale_out>35 ");
  EXPECT_EQ(describe("RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4"),
            "residual<500 gamma<100 global_scale<1 residual_out>500 norm_out>500 quant_out>250 scale_out>1024 ");
  EXPECT_EQ(describe("RESIDUAL_RMS_NORM_QUANT_DYNAMIC_FP8"),
            "residual<500 gamma<100 residual_out>500 quant_out>500 scale_out>5 ");
  EXPECT_EQ(describe("RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8"),
            "residual<500 gamma<100 residual_out>500 norm_out>500 quant_out>500 scale_out>5 ");
  EXPECT_EQ(describe("RESIDUAL_RMS_NORM_QUANT_PER_TOKEN_GROUP_FP8"),
            "residual<500 gamma<100 residual_out>500 quant_out>500 scale_out>32 ");
  EXPECT_EQ(describe("RESIDUAL_RMS_NORM_OUT_QUANT_PER_TOKEN_GROUP_FP8", "scale_layout", "row_major"),
            "residual<500 gamma<100 residual_out>500 norm_out>500 quant_out>500 scale_out>5 ");
}

}  // namespace
}  // namespace arbiter
