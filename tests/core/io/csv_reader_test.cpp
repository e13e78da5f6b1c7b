// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <gmock/gmock.h>

#include "arbiter/csv.hpp"
#include "arbiter/error.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

constexpr const char* nine = "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time (us)\n";

class CsvReader : public ::testing::Test {
 protected:
  [[nodiscard]] Dataset read(const std::string& text) const { return read_csv(dir_.write("data.csv", text)).dataset; }
  TempDir dir_;
};

}  // namespace

TEST_F(CsvReader, LoadsTheNineColumnsOfOtherTools) {
  const Dataset data = read(std::string(nine) + "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.827\n");
  ASSERT_EQ(data.rows().size(), 1U);
  const Measurement& row = data.rows().front();
  EXPECT_EQ(row.problem, (Problem{2, DType::bfloat16, "NONE", 1024, 1}));
  EXPECT_EQ(row.strategy, "NCCL");
  EXPECT_EQ(row.setting.op, "allreduce");
  EXPECT_EQ(row.time_us, 5.827);
  EXPECT_TRUE(row.usable());
  EXPECT_TRUE(row.setting.backend.empty());
  EXPECT_TRUE(std::isnan(row.p95_us));
}

TEST_F(CsvReader, LoadsTheEightColumnsWithoutOp) {
  const Dataset data = read(
      "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us)\n"
      "4,float32,4096,1,1024,TWOSHOT,NONE,7\n");
  ASSERT_EQ(data.rows().size(), 1U);
  EXPECT_EQ(data.rows().front().setting.op, "allreduce");
  EXPECT_EQ(data.rows().front().time_us, 7.0);
}

TEST_F(CsvReader, FindsColumnsByNameInAnyOrderAndIgnoresOthers) {
  const Dataset data = read(
      ",time (us),note,fusion_op,strategy,hidden_size,num_tokens,size,dtype,world_size\n"
      "0,1.5,\"a, b\",NONE,MPI,8,4,64,fp16,2\n"
      "1,2.5,,NONE,MPI,8,8,128,half,2\n");
  ASSERT_EQ(data.rows().size(), 2U);
  EXPECT_EQ(data.rows()[0].problem, (Problem{2, DType::float16, "NONE", 8, 4}));
  EXPECT_EQ(data.rows()[1].time_us, 2.5);
}

TEST_F(CsvReader, AcceptsByteOrderMarkCarriageReturnsBlankLinesAndQuotes) {
  const Dataset data = read(
      "\xEF\xBB\xBF\"world_size\",dtype,size,num_tokens,hidden_size,strategy,fusion,op,\"time (us)\"\r\n"
      "\r\n"
      "2,bf16, 2048 ,1,1024,\"MY \"\"FAST\"\", ONE\",NONE,allreduce,5\r\n"
      "2,bf16,2048,1,1024,MPI,NONE,,\"6\"\r\n\r\n\n  \n");
  ASSERT_EQ(data.rows().size(), 2U);
  EXPECT_EQ(data.rows()[0].strategy, "MY \"FAST\", ONE");
  EXPECT_EQ(data.rows()[1].setting.op, "allreduce");
  EXPECT_EQ(data.rows()[1].time_us, 6.0);
}

TEST_F(CsvReader, AcceptsALastLineWithoutItsEndWhereNothingThatIsReadCanBeCut) {
  EXPECT_EQ(read("world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us),status\n"
                 "2,bfloat16,2048,1,1024,NCCL,NONE,5.827,ok")
                .rows()
                .size(),
            1U);
  EXPECT_EQ(read("world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us),note\n"
                 "2,bfloat16,2048,1,1024,NCCL,NONE,5.827,n")
                .rows()
                .size(),
            1U);
}

TEST_F(CsvReader, KeepsAFailedRowWithoutATime) {
  const Dataset data = read(
      "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time (us),status,error\n"
      "2,bfloat16,2048,1,1024,A,NONE,allreduce,,failed,inf\n"
      "2,bfloat16,2048,1,1024,B,NONE,allreduce,3,failed,2.5\n"
      "2,bfloat16,2048,1,1024,C,NONE,allreduce,4,ok,\n");
  ASSERT_EQ(data.rows().size(), 3U);
  EXPECT_TRUE(data.rows()[0].failed);
  EXPECT_TRUE(std::isinf(data.rows()[0].error));
  EXPECT_FALSE(data.rows()[1].usable());
  EXPECT_TRUE(data.rows()[2].usable());
}

TEST_F(CsvReader, TakesThePlatformFromTheFileNameAndFactsFromTheFileBeside) {
  const auto file = dir_.write("benchmark.tp2.sm90.csv", nine);
  EXPECT_EQ(read_csv(file).dataset.machine().platform, "sm90");
  dir_.write("benchmark.tp2.sm90.machine.json", R"({"platform": "sm89", "facts": {"gpu": "H200"}})");
  const Machine machine = read_csv(file).dataset.machine();
  EXPECT_EQ(machine.platform, "sm90");
  EXPECT_EQ(machine.facts.at("gpu"), "H200");
}

TEST_F(CsvReader, NamesAMachineFileThatIsNone) {
  const auto file = dir_.write("benchmark.tp2.sm90.csv", nine);
  for (const char* text : {"{", "[1]", R"({"facts": 3})", R"({"platform": 90})"}) {
    dir_.write("benchmark.tp2.sm90.machine.json", text);
    try {
      static_cast<void>(read_csv(file));
      ADD_FAILURE() << "accepted " << text;
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("benchmark.tp2.sm90.machine.json"));
    }
  }
}

TEST_F(CsvReader, AFolderOrAMissingFileIsASystemError) {
  EXPECT_THROW(static_cast<void>(read_csv(dir_.path())), SystemError);
  EXPECT_THROW(static_cast<void>(read_csv(dir_.path() / "none.csv")), SystemError);
}

TEST_F(CsvReader, TakesTheSmallestAndLargestNumbersThereAre) {
  const Dataset data = read(
      "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us),error,iterations_per_sample\n"
      "1,bfloat16,2,1,1,A,NONE,0.001,0,0\n"
      "1048576,bfloat16,2,1,1,B,NONE,5,0.25,9223372036854775807\n");
  ASSERT_EQ(data.rows().size(), 2U);
  EXPECT_EQ(data.rows()[0].problem.tp_size, 1);
  EXPECT_EQ(data.rows()[0].time_us, 0.001);
  EXPECT_EQ(data.rows()[0].error, 0.0);
  EXPECT_EQ(data.rows()[0].iterations_per_sample, 0);
  EXPECT_EQ(data.rows()[1].problem.tp_size, 1048576);
  EXPECT_EQ(data.rows()[1].error, 0.25);
  EXPECT_EQ(data.rows()[1].iterations_per_sample, 9223372036854775807);
}

TEST_F(CsvReader, PutsEveryColumnWhereItBelongs) {
  const Dataset data = read(
      "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time "
      "(us),backend,hosts,graph,context,numerics,status,"
      "iterations_per_sample,tensor_sets,samples,min_of_means (us),p95_of_means (us),ci_low (us),ci_high (us),error,"
      "lower_bound (us),run_id,schema\n"
      "2,bfloat16,48,3,8,A,NONE,reduce,5,cuda,2,True,isolated,per_hop,ok,7,9,11,1,2,3,4,0.5,6,20261128-031357-1a2b,"
      "3\n");
  ASSERT_EQ(data.rows().size(), 1U);
  const Measurement& row = data.rows().front();
  EXPECT_EQ(row.setting.op, "reduce");
  EXPECT_EQ(row.setting.backend, "cuda");
  EXPECT_EQ(row.setting.hosts, 2);
  EXPECT_TRUE(row.setting.graph);
  EXPECT_EQ(row.setting.context, Context::isolated);
  EXPECT_EQ(row.numerics, Numerics::per_hop);
  EXPECT_EQ(row.tensor_sets, 9);
  EXPECT_EQ(row.run_id, "20261128-031357-1a2b");
  EXPECT_EQ(row.iterations_per_sample, 7);
  EXPECT_EQ(row.samples, 11);
  EXPECT_EQ(row.time_us, 5.0);
  EXPECT_EQ(row.min_us, 1.0);
  EXPECT_EQ(row.p95_us, 2.0);
  EXPECT_EQ(row.ci_low_us, 3.0);
  EXPECT_EQ(row.ci_high_us, 4.0);
  EXPECT_EQ(row.error, 0.5);
  EXPECT_EQ(row.lower_bound_us, 6.0);
}

TEST_F(CsvReader, ReadsColumnsUnderTheirEarlierNames) {
  const Dataset data = read(
      "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion_op,time (us),inner,floor (us),min (us),p95 (us)\n"
      "2,bfloat16,48,3,8,A,NONE,5,7,6,4,8\n");
  ASSERT_EQ(data.rows().size(), 1U);
  EXPECT_EQ(data.rows().front().iterations_per_sample, 7);
  EXPECT_EQ(data.rows().front().lower_bound_us, 6.0);
  EXPECT_EQ(data.rows().front().min_us, 4.0);
  EXPECT_EQ(data.rows().front().p95_us, 8.0);
}

TEST_F(CsvReader, WithoutTheColumnsOfASettingRowsAreBackToBackOnOneHost) {
  const Dataset data = read(std::string(nine) + "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.827\n");
  EXPECT_EQ(data.rows().front().setting, Setting{});
  EXPECT_EQ(data.rows().front().numerics, Numerics::unknown);
  EXPECT_TRUE(data.rows().front().run_id.empty());
}

TEST_F(CsvReader, RefusesTheSchemaOfANewerArbiterEvenWhereBadRowsAreSkipped) {
  const auto file = dir_.write("data.csv",
                               "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us),schema\n"
                               "2,bfloat16,48,3,8,A,NONE,5,3\n"
                               "2,bfloat16,48,3,8,A,NONE,5,4\n");
  try {
    static_cast<void>(read_csv(file, {.skip_bad_rows = true}));
    ADD_FAILURE() << "accepted";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), ::testing::EndsWith("data.csv:3: column 'schema': found 4, allowed up to 3: a newer "
                                                  "Arbiter wrote this file"));
  }
}

TEST_F(CsvReader, NamesTheContextsStatusesAndNumericsThereAre) {
  for (const auto& [column, allowed] : {std::pair("context", "back_to_back, isolated, engine or engine_early"),
                                        std::pair("status", "ok, failed or suspect"),
                                        std::pair("numerics", "fp32_rank_order, fp32, per_hop or library"),
                                        std::pair("hosts", "a whole number, 1..")}) {
    try {
      static_cast<void>(read(std::string("world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us),") +
                             column + "\n2,bfloat16,48,3,8,A,NONE,5,outside\n"));
      ADD_FAILURE() << "accepted a " << column;
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(),
                  ::testing::HasSubstr(std::string("column '") + column + "': found 'outside', allowed " + allowed));
    }
  }
}

TEST_F(CsvReader, IgnoresBlanksAroundFieldsAndQuotes) {
  const Dataset data = read(std::string(nine) +
                            "2,bfloat16,2048,1,1024, \"NCCL\" ,\tNONE ,\"allreduce\"\t,5.5\n"
                            "2,bfloat16,2048,1,1024,\" A \",NONE,allreduce,\"6.5\" \n");
  ASSERT_EQ(data.rows().size(), 2U);
  EXPECT_EQ(data.rows()[0].strategy, "NCCL");
  EXPECT_EQ(data.rows()[0].problem.fusion, "NONE");
  EXPECT_EQ(data.rows()[0].setting.op, "allreduce");
  EXPECT_EQ(data.rows()[0].time_us, 5.5);
  EXPECT_EQ(data.rows()[1].strategy, " A ");
  EXPECT_EQ(data.rows()[1].time_us, 6.5);
}

}  // namespace arbiter::test
