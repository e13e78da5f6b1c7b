// SPDX-License-Identifier: Apache-2.0
#include "io/aiconfigurator.hpp"

#include <gmock/gmock.h>

#include "support/curve_reader.hpp"

namespace arbiter::test {

namespace {

constexpr const char* header =
    "framework,version,device,op_name,kernel_source,allreduce_dtype,num_gpus,message_size,latency,backend\n";

class Aiconfigurator : public CurveReader {
 protected:
  Aiconfigurator() : CurveReader(read_aiconfigurator, "perf.txt") {}
};

}  // namespace

TEST_F(Aiconfigurator, CountsMessagesInElementsAndTimesInMilliseconds) {
  const auto contents = read(std::string(header) +
                             "Engine,1.0,Made Up GPU,all_reduce,Engine_custom_graph,bfloat16,4,8192,0.25,x\n"
                             "Engine,1.0,Made Up GPU,all_reduce,Engine_custom_graph,bfloat16,4,128,0.004,x\n"
                             "Engine,1.0,Made Up GPU,all_reduce,Engine_custom_graph,bfloat16,4,64,0.0,x\n"
                             "Engine,1.0,Made Up GPU,all_reduce,Engine_custom_eager,float32,8,128,0.0625,x\n");
  ASSERT_EQ(contents.curves.size(), 2U);
  const ByteCurve& curve = contents.curves[0];
  EXPECT_EQ(curve.name, "Engine_custom_graph");
  EXPECT_TRUE(curve.setting.graph);
  EXPECT_EQ(curve.tp_size, 4);
  EXPECT_EQ(curve.origin, "aiconfigurator: Engine 1.0, Made Up GPU");
  ASSERT_EQ(curve.points.size(), 2U);
  EXPECT_EQ(curve.points[0].bytes, 256);
  EXPECT_EQ(curve.points[0].time_us, 4.0);
  EXPECT_EQ(curve.points[1].time_us, 250.0);
  EXPECT_FALSE(contents.curves[1].setting.graph);
  EXPECT_EQ(contents.curves[1].points[0].bytes, 512);
}

TEST_F(Aiconfigurator, PassesOverOtherCollectivesInAnNcclFile) {
  const auto contents = read(
      "framework,version,device,op_name,kernel_source,nccl_dtype,num_gpus,message_size,latency\n"
      "Engine,2.0,GPU,all_gather,NCCL,half,2,512,0.5\n"
      "Engine,2.0,GPU,all_reduce,NCCL,half,2,512,0.5\n"
      "Engine,2.0,GPU,all_reduce,NCCL,int8,2,512,0.25\n");
  ASSERT_EQ(contents.curves.size(), 2U);
  EXPECT_EQ(contents.curves[0].dtype, "float16");
  EXPECT_EQ(contents.curves[0].points.size(), 1U);
  EXPECT_EQ(contents.curves[1].dtype, "int8");
  EXPECT_EQ(contents.curves[1].points[0].bytes, 512);
}

TEST_F(Aiconfigurator, NamesLineColumnFoundAndAllowed) {
  const std::string start = std::string(header) + "Engine,1.0,GPU,all_reduce,K,";
  EXPECT_EQ(mistake(start + "bfloat16,4,128,1e12,x\n"),
            "perf.txt:2: column 'latency': found '1e12', allowed milliseconds, a number above 0, up to 8.64e+07");
  EXPECT_EQ(
      mistake(start + "int4,4,128,0.5,x\n"),
      "perf.txt:2: column 'allreduce_dtype': found 'int4', allowed bfloat16, float16, float32, half, int8 or fp8");
  EXPECT_EQ(mistake(start + "bfloat16,4,12"),
            "perf.txt:2: line: found 8 fields, allowed 10 as in the header (the file ends in this line: was its writer "
            "stopped?)");
  EXPECT_EQ(mistake("op_name;allreduce_dtype;num_gpus;message_size;latency\n"),
            "perf.txt:1: column 'op_name': found ; between the names, allowed a comma");
  EXPECT_EQ(
      mistake("allreduce_dtype,num_gpus,message_size,latency\nhalf,2,8,0.01"),
      "perf.txt:2: column 'latency': found '0.01' without the end of a line, allowed a field that a line end follows "
      "(the file ends in this line: was its writer stopped?)");
}

TEST_F(Aiconfigurator, SkipsBadLinesOnRequest) {
  const auto contents = read("allreduce_dtype,num_gpus,message_size,latency\nhalf,2,x,0.5\nhalf,2,8,0.5\n", true);
  EXPECT_EQ(contents.skipped_rows, 1);
  ASSERT_EQ(contents.curves.size(), 1U);
  EXPECT_EQ(contents.curves[0].name, "unknown");
}

}  // namespace arbiter::test
