// SPDX-License-Identifier: Apache-2.0
// The template's epilogue, built with the installed package, linked with a kernel of the product.
#include <array>
#include <tuple>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "arbiter/fusion.hpp"
#include "cuda_common/tile_kernel.hpp"
#include "device_code/oneshot.hpp"
#include "link/device_link.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::cuda {
namespace {

class InstalledScaleBias : public ::testing::TestWithParam<std::tuple<DType, int>> {};

TEST_P(InstalledScaleBias, IsInlinedIntoOneshot) {
  const auto [dtype, sm_version] = GetParam();
  const auto fusion = test::load_plugin<Fusion>(SCALE_BIAS_PLUGIN);
  const DeviceEpilogue epilogue = fusion->device_epilogue(
      {.tp_size = 2, .dtype = dtype, .fusion = "SCALE_BIAS", .hidden_size = 4096, .num_tokens = 16});
  ASSERT_FALSE(epilogue.code.empty());
  TilePlan plan;
  plan.whole_rows = epilogue.needs_row;
  const auto kernel = fmt::format("oneshot_{}_2", plan.name());

  const std::array parts{oneshot_code(dtype), neighbours_code(plan), epilogue.code};
  const LinkedCode linked = link_device_code(parts, kernel, sm_version);
  const KernelFacts* facts = linked.kernel(kernel);
  ASSERT_NE(facts, nullptr) << linked.log;
  EXPECT_GT(facts->registers, 0);
  EXPECT_EQ(facts->spill_store_bytes + facts->spill_load_bytes, 0);
  // The rare end of a spin is a call on purpose.
  EXPECT_THAT(linked.calls_left, ::testing::Each(::testing::HasSubstr("check_clock")));
}

INSTANTIATE_TEST_SUITE_P(EachTypeAndGeneration, InstalledScaleBias,
                         ::testing::Values(std::tuple{DType::bfloat16, 90}, std::tuple{DType::float16, 80},
                                           std::tuple{DType::float32, 100}),
                         [](const auto& test) {
                           return fmt::format("{}_sm{}", name_of(std::get<0>(test.param)), std::get<1>(test.param));
                         });

}  // namespace
}  // namespace arbiter::cuda
