#include "link/linked_code.hpp"

#include <gtest/gtest.h>

namespace arbiter::cuda {
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

}  // namespace
}  // namespace arbiter::cuda
