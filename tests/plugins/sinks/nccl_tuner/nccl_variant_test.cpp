#include "nccl_tuner/nccl_variant.hpp"

#include <gtest/gtest.h>

namespace arbiter::test {

TEST(NcclVariant, IsReadFromTheName) {
  EXPECT_EQ(nccl_tuner::variant_of("NCCL_RING_LL128_8CH"), (nccl_tuner::Variant{"ring", "ll128", 8}));
  EXPECT_EQ(nccl_tuner::variant_of("NCCL_TREE_LL_64CH"), (nccl_tuner::Variant{"tree", "ll", 64}));
  EXPECT_EQ(nccl_tuner::variant_of("NCCL_NVLSTREE_SIMPLE_1CH"), (nccl_tuner::Variant{"nvls_tree", "simple", 1}));
}

TEST(NcclVariant, IsNothingForNamesThatDoNotSayAllThree) {
  for (const char* name : {"NCCL", "NCCL_SYMMETRIC", "NCCL_RING_LL", "NCCL_RING_8CH", "NCCL_RING_LL_0CH",
                           "NCCL_RING_LL_65CH", "NCCL_STAR_LL_8CH", "NCCL_RING_LL_8CH_2", "RING_LL_8CH"}) {
    EXPECT_FALSE(nccl_tuner::variant_of(name).has_value()) << name;
  }
}

}  // namespace arbiter::test
