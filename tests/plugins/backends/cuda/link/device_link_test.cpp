// SPDX-License-Identifier: Apache-2.0
#include "link/device_link.hpp"

#include <array>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "device_code/calling.hpp"
#include "device_code/epilogue.hpp"
#include "device_code/incomplete.hpp"
#include "device_code/spilling.hpp"
#include "device_code/strategy.hpp"

namespace arbiter::cuda {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr DType bf16 = DType::bfloat16;

std::string error_of(std::span<const DeviceCode> parts, const std::string& entry, int sm_version) {
  try {
    static_cast<void>(link_device_code(parts, entry, sm_version));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class LinkFor : public ::testing::TestWithParam<std::pair<int, DType>> {};

TEST_P(LinkFor, InlinesTheEpilogueAndSpillsNothing) {
  const auto [sm_version, dtype] = GetParam();
  const std::array parts = {strategy_code(dtype), epilogue_code(dtype)};
  for (const std::string entry : {"sample_2", "sample_8"}) {
    const LinkedCode code = link_device_code(parts, entry, sm_version);
    ASSERT_THAT(code.kernels, SizeIs(1)) << code.log;
    const KernelFacts* kernel = code.kernel(entry);
    ASSERT_NE(kernel, nullptr) << code.log;
    EXPECT_GT(kernel->registers, 15);
    EXPECT_LE(kernel->registers, 128);
    EXPECT_EQ(kernel->spill_store_bytes, 0);
    EXPECT_EQ(kernel->spill_load_bytes, 0);
    EXPECT_EQ(kernel->stack_bytes, 0);
    EXPECT_EQ(kernel->shared_bytes, 128);
    EXPECT_THAT(code.calls_left, IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, LinkFor,
                         ::testing::Values(std::pair{80, bf16}, std::pair{90, bf16}, std::pair{100, bf16},
                                           std::pair{89, DType::float16}, std::pair{90, DType::float32}),
                         [](const auto& test) {
                           return "sm" + std::to_string(test.param.first) + std::string(name_of(test.param.second));
                         });

TEST(DeviceLink, TakesTheSuffixOfAnArchitecture) {
  const std::array parts = {strategy_code(bf16), epilogue_code(bf16)};
  EXPECT_THAT(link_device_code(parts, "sample_2", 90, "a").log, HasSubstr("'sm_90a'"));
}

TEST(DeviceLink, ReportsACallThatWasLeft) {
  const std::array parts = {strategy_code(bf16), calling_code(bf16)};
  EXPECT_THAT(link_device_code(parts, "sample_2", 90).calls_left, Contains(HasSubstr("sample_helper")));
}

TEST(DeviceLink, ReportsSpills) {
  const std::array parts = {spilling_code(bf16)};
  const LinkedCode code = link_device_code(parts, "sample_spilling", 90);
  ASSERT_NE(code.kernel("sample_spilling"), nullptr) << code.log;
  EXPECT_GT(code.kernel("sample_spilling")->spill_store_bytes, 0) << code.log;
  EXPECT_GT(code.kernel("sample_spilling")->spill_load_bytes, 0) << code.log;
  EXPECT_GT(code.kernel("sample_spilling")->stack_bytes, 0) << code.log;
}

TEST(DeviceLink, NamesTheFunctionThatIsMissingAndTheParts) {
  const std::array parts = {strategy_code(bf16), incomplete_code(bf16)};
  EXPECT_THAT(error_of(parts, "sample_2", 90),
              AllOf(HasSubstr("no part defines arbiter_epilogue_finish (the fusion's epilogue has to)"),
                    HasSubstr("linking sample_2 for sm_90 from strategy.bfloat16 and incomplete.bfloat16"),
                    HasSubstr("Unresolved extern function")));
}

TEST(DeviceLink, NamesTheFunctionThatTwoPartsDefine) {
  const std::array parts = {strategy_code(bf16), epilogue_code(bf16), calling_code(bf16)};
  EXPECT_THAT(error_of(parts, "sample_2", 90), AllOf(HasSubstr("multiply defined"), HasSubstr("arbiter_epilogue_")));
}

TEST(DeviceLink, NamesTheKernelThatIsMissing) {
  const std::array parts = {strategy_code(bf16), epilogue_code(bf16)};
  EXPECT_THAT(error_of(parts, "sample_3", 90), AllOf(HasSubstr("sample_3"), HasSubstr("no part has a kernel")));
}

TEST(DeviceLink, RefusesArchitecturesThatCodeOrLinkerLack) {
  const std::array parts = {strategy_code(bf16), epilogue_code(bf16)};
  EXPECT_THAT(error_of(parts, "sample_2", 75), HasSubstr("strategy.bfloat16 is no device code for this architecture"));
  EXPECT_THAT(error_of(parts, "sample_2", 20), HasSubstr("does not know the architecture"));
}

TEST(DeviceLink, RefusesWhatIsNoWholeFatbin) {
  const std::array cut = {DeviceCode{"cut", strategy_code(bf16).fatbin.first(2000)}, epilogue_code(bf16)};
  EXPECT_THAT(error_of(cut, "sample_2", 90), HasSubstr("cut is no whole fatbin (2000 bytes)"));
  const std::array empty = {DeviceCode{"empty", {}}, epilogue_code(bf16)};
  EXPECT_THAT(error_of(empty, "sample_2", 90), HasSubstr("empty is no whole fatbin (0 bytes)"));
}

TEST(CubinFunctions, RefusesBytesThatAreNoCubin) {
  const std::array parts = {spilling_code(bf16)};
  const std::vector<std::byte> cubin = link_device_code(parts, "sample_spilling", 90).cubin;
  EXPECT_THAT(cubin_functions(cubin), SizeIs(1));
  for (std::size_t size = 0; size < cubin.size(); size += 97) {
    try {
      EXPECT_LE(cubin_functions(std::span(cubin).first(size)).size(), 1U);
    } catch (const Error&) {
      SUCCEED();
    }
  }
  EXPECT_THROW(static_cast<void>(cubin_functions(std::as_bytes(std::span("text, not a cubin, and long enough to be "
                                                                         "taken for the header of one ........")))),
               Error);
}

}  // namespace

namespace {

TEST(KernelFactsTest, AreReadOfEachKernelAndNotOfTheFunctionsItCalls) {
  const auto kernels = kernel_facts(
      "ptxas info    : 0 bytes gmem\n"
      "ptxas info    : Compiling entry function 'first' for 'sm_80'\n"
      "ptxas info    : Function properties for first\n"
      "ptxas         .     16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads\n"
      "ptxas info    : Used 36 registers, used 1 barriers, 128 bytes smem, 472 bytes cmem[0]\n"
      "ptxas info    : Compile time = 40.710 ms\n"
      "ptxas info    : Function properties for helper\n"
      "ptxas         .     64 bytes stack frame, 32 bytes spill stores, 32 bytes spill loads\n"
      "ptxas info    : Compiling entry function 'second' for 'sm_80'\n"
      "ptxas info    : Function properties for second\n"
      "ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
      "ptxas info    : Used 255 registers, used 0 barriers\n");
  ASSERT_EQ(kernels.size(), 2U);
  EXPECT_EQ(kernels[0].name, "first");
  EXPECT_EQ(kernels[0].registers, 36);
  EXPECT_EQ(kernels[0].stack_bytes, 16);
  EXPECT_EQ(kernels[0].spill_store_bytes, 8);
  EXPECT_EQ(kernels[0].spill_load_bytes, 12);
  EXPECT_EQ(kernels[0].shared_bytes, 128);
  EXPECT_EQ(kernels[1].name, "second");
  EXPECT_EQ(kernels[1].registers, 255);
  EXPECT_EQ(kernels[1].shared_bytes, 0);
}

TEST(KernelFactsTest, OfALogWithoutKernelsAreNone) {
  EXPECT_TRUE(kernel_facts("").empty());
  EXPECT_TRUE(kernel_facts("ptxas info    : 0 bytes gmem\nptxas         . 4 bytes spill stores").empty());
}

TEST(KernelFactsTest, SurviveLogsOfAnyNumbersAndLengths) {
  const std::string name(1 << 20, 'x');
  const auto kernels = kernel_facts("ptxas info    : Compiling entry function '" + name +
                                    "' for 'sm_90'\nptxas info    : Function properties for " + name +
                                    "\nptxas info    : Used 99999999999999999999 registers, 7 bytes smem\n");
  ASSERT_EQ(kernels.size(), 1U);
  EXPECT_EQ(kernels[0].name, name);
  EXPECT_EQ(kernels[0].registers, 0);
  EXPECT_EQ(kernels[0].shared_bytes, 7);
}

}  // namespace
}  // namespace arbiter::cuda
