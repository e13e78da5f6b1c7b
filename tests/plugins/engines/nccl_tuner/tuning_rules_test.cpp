// SPDX-License-Identifier: Apache-2.0
#include "nccl_tuner/tuning_rules.hpp"

#include <stdexcept>

#include <gmock/gmock.h>

#include "nccl_tuner/tuner_abi.hpp"

namespace arbiter::tuner {

namespace {

std::string fault_of(const std::string& text) {
  try {
    static_cast<void>(parse_rules(text));
  } catch (const std::invalid_argument& fault) {
    return fault.what();
  }
  return "no fault";
}

}  // namespace

TEST(TuningRules, AreReadInTheirOrder) {
  const auto rules = parse_rules(
      "# a comment\n\nallreduce,0,65536,ring,ll128,8,1,4,-1,0\r\n"
      "  reducescatter , 1 , 18446744073709551615 , nvls_tree , simple , -1 , -1 , -1\n");
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].collective, all_reduce);
  EXPECT_EQ(rules[0].last_byte, 65536U);
  EXPECT_EQ(rules[0].algorithm, 1);
  EXPECT_EQ(rules[0].protocol, 1);
  EXPECT_EQ(rules[0].channels, 8);
  EXPECT_EQ(rules[0].registered, 0);
  EXPECT_EQ(rules[1].collective, reduce_scatter);
  EXPECT_EQ(rules[1].last_byte, 18446744073709551615U);
  EXPECT_EQ(rules[1].algorithm, 5);
  EXPECT_EQ(rules[1].protocol, 2);
  EXPECT_EQ(rules[1].channels, any);
  EXPECT_EQ(rules[1].pipe_ops, any);
}

TEST(TuningRules, AreForTheirCommunicatorsAndCallsOnly) {
  const auto rule = parse_rules("allreduce,1024,2048,ring,ll,4,1,8,2,1").front();
  EXPECT_TRUE(rule.is_for_communicator(1, 8));
  EXPECT_FALSE(rule.is_for_communicator(2, 8));
  EXPECT_FALSE(rule.is_for_communicator(1, 4));
  EXPECT_TRUE(rule.is_for_call(all_reduce, 1024, 2, 1));
  EXPECT_TRUE(rule.is_for_call(all_reduce, 2048, 2, 1));
  EXPECT_FALSE(rule.is_for_call(all_reduce, 1023, 2, 1));
  EXPECT_FALSE(rule.is_for_call(all_reduce, 2049, 2, 1));
  EXPECT_FALSE(rule.is_for_call(all_gather, 1024, 2, 1));
  EXPECT_FALSE(rule.is_for_call(all_reduce, 1024, 1, 1));
  EXPECT_FALSE(rule.is_for_call(all_reduce, 1024, 2, 0));
  const auto anything = parse_rules("allreduce,0,9,ring,ll,4,-1,-1").front();
  EXPECT_TRUE(anything.is_for_communicator(7, 99));
  EXPECT_TRUE(anything.is_for_call(all_reduce, 9, 3, 1));
}

TEST(TuningRules, AreRefusedWithLineFieldFoundAndAllowed) {
  EXPECT_EQ(
      fault_of("#\nallreduce,0,9,rings,ll,4,1,8"),
      "line 2: algorithm: found \"rings\", allowed: tree, ring, collnet_direct, collnet_chain, nvls, nvls_tree, pat");
  EXPECT_EQ(fault_of("all_reduce,0,9,ring,ll,4,1,8"),
            "line 1: colltype: found \"all_reduce\", allowed: broadcast, reduce, allgather, reducescatter, allreduce");
  EXPECT_EQ(fault_of("allreduce,0,9,ring,LL,4,1,8"), "line 1: protocol: found \"LL\", allowed: ll, ll128, simple");
  EXPECT_EQ(fault_of("allreduce,-1,9,ring,ll,4,1,8"),
            "line 1: minbytes: found \"-1\", allowed: a number of bytes from 0");
  EXPECT_EQ(fault_of("allreduce,10,9,ring,ll,4,1,8"),
            "line 1: maxbytes: found \"9\", allowed: a number of bytes from 10");
  EXPECT_EQ(fault_of("allreduce,0,18446744073709551616,ring,ll,4,1,8"),
            "line 1: maxbytes: found \"18446744073709551616\", allowed: a number of bytes from 0");
  EXPECT_EQ(fault_of("allreduce,0,9,ring,ll,0,1,8"), "line 1: channels: found \"0\", allowed: -1, 1 to 64");
  EXPECT_EQ(fault_of("allreduce,0,9,ring,ll,4 4,1,8"), "line 1: channels: found \"4 4\", allowed: -1, 1 to 64");
  EXPECT_EQ(fault_of("allreduce,0,9,ring,ll,4,1,8,-1,2"), "line 1: regBuff: found \"2\", allowed: -1, 0 to 1");
  EXPECT_THAT(fault_of("allreduce,0,9,ring,ll,4,1"), ::testing::HasSubstr("line 1: found 7 fields, allowed: 8 to 10"));
  EXPECT_THAT(fault_of("allreduce,0,9,ring,ll,4,1,8,,,"), ::testing::HasSubstr("found 11 fields"));
  EXPECT_THAT(fault_of("allreduce,0,9,ring,ll,,1,8"), ::testing::HasSubstr("channels: found \"\""));
}

}  // namespace arbiter::tuner
