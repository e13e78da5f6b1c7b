// SPDX-License-Identifier: Apache-2.0
// CSVs as the Python tools around TensorRT-LLM write them.
#include <gmock/gmock.h>

#include "arbiter/csv.hpp"
#include "arbiter/error.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;

constexpr const char* nine = "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time (us)\n";
constexpr const char* second =
    "world_size,dtype,fusion,num_tokens,hidden_size,size_bytes,strategy,time_us,algbw_GBps\n";

class ForeignCsv : public ::testing::Test {
 protected:
  [[nodiscard]] CsvContents read(const std::string& text, const std::string& name = "data.csv") const {
    return read_csv(dir_.write(name, text));
  }
  TempDir dir_;
};

}  // namespace

TEST_F(ForeignCsv, EnumeratorsNumbersAndTorchDtypesAreTheNamesTheyMean) {
  const Dataset data =
      read(std::string(nine) +
           "2,torch.bfloat16,2048,1,1024,AllReduceStrategy.ONESHOT,AllReduceFusionOp.RESIDUAL_RMS_NORM,allreduce,5\n"
           "2,torch.float16,2048,1,1024,5,4,allreduce,5\n"
           "2,float32,4096,1,1024,AllReduceStrategyType::NCCL_SYMMETRIC,AllReduceFusionOp::NONE,allreduce,5\n"
           "2,bfloat16,2048,1,1024,<AllReduceStrategy.MNNVL: 7>,<AllReduceFusionOp.NONE: 0>,allreduce,5\n")
          .dataset;
  EXPECT_THAT(data.strategies(), ElementsAre("ONESHOT", "TWOSHOT", "NCCL_SYMMETRIC", "MNNVL"));
  EXPECT_THAT(data.fusions(), ElementsAre("RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8", "NONE"));
  EXPECT_THAT(data.dtypes(), ElementsAre(DType::bfloat16, DType::float16, DType::float32));
}

TEST_F(ForeignCsv, NamesThatNobodyKnowsAreThemselves) {
  const Dataset data = read(std::string(nine) +
                            "2,bfloat16,2048,1,1024,57,SwiGLU.fused,allreduce,5\n"
                            "2,bfloat16,2048,1,1024,AllReduceStrategy.NEXT_YEARS,99,allreduce,5\n"
                            "2,bfloat16,2048,1,1024,AllReduceStrategy.,-1,allreduce,5\n")
                           .dataset;
  EXPECT_THAT(data.strategies(), ElementsAre("57", "NEXT_YEARS", "AllReduceStrategy."));
  EXPECT_THAT(data.fusions(), ElementsAre("SwiGLU.fused", "99", "-1"));
}

TEST_F(ForeignCsv, OnlyAWholeEnumeratorIsAnotherName) {
  for (const std::string name : {"<>", "<:4>", "<<A>>", "<ONESHOT>", "<AllReduceStrategy.: 4>",
                                 "AllReduceStrategy.AllReduceStrategy.X", "AllReduceStrategy 2.X"}) {
    const Dataset data = read(std::string(nine) + "2,bfloat16,2048,1,1024," + name + ",NONE,allreduce,5\n").dataset;
    EXPECT_THAT(data.strategies(), ElementsAre(name));
  }
}

TEST_F(ForeignCsv, TheSecondCsvOfTheMicrobenchmarkHasCellsAndNamesWhatItSkipped) {
  const CsvContents contents = read(std::string(second) +
                                    "4,bfloat16,NONE,1,2048,4096,NCCL,9.5,0.43\n"
                                    "4,bfloat16,NONE,1,2048,4096,TWOSHOT,0.0,0.0\n"
                                    "4,bfloat16,NONE,8,2048,32768,TWOSHOT,4.25,7.71\n");
  ASSERT_EQ(contents.dataset.rows().size(), 2U);
  EXPECT_EQ(contents.dataset.rows()[1].problem, (Problem{4, DType::bfloat16, "NONE", 2048, 8}));
  EXPECT_EQ(contents.dataset.rows()[1].time_us, 4.25);
  EXPECT_EQ(contents.skipped_rows, 0);
  EXPECT_THAT(contents.warnings, ElementsAre((dir_.path() / "data.csv").string() +
                                             ": 1 rows have the time 0.0: its writer did not measure them"));
  EXPECT_TRUE(contents.curves.empty());
}

TEST_F(ForeignCsv, OnlyTheColumnOfThatCsvMaySayZero) {
  EXPECT_THROW(static_cast<void>(read(std::string(nine) + "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,0.0\n")),
               DataError);
  EXPECT_THROW(static_cast<void>(read(std::string(second) + "4,bfloat16,NONE,1,2048,4096,NCCL,-0.5,0.43\n")),
               DataError);
}

TEST_F(ForeignCsv, AProductWithAReductionIsAnotherOperation) {
  const Dataset data = read(std::string(nine) +
                            "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5\n"
                            "2,bfloat16,2048,1,1024,NCCL,NONE,gemm_allreduce,4\n")
                           .dataset;
  ASSERT_EQ(data.settings().size(), 2U);
  EXPECT_EQ(data.of_setting(data.settings()[0]).rows().size(), 1U);
  EXPECT_EQ(data.settings()[1].op, "gemm_allreduce");
}

TEST_F(ForeignCsv, RowsWithoutTokensAndHiddenSizeArePointsOfCurves) {
  const CsvContents contents = read(
      "strategy,dtype,size_bytes,time_us,algbw_GBps\n"
      "AllReduceStrategy.ONESHOT,torch.float16,4096,3.5,1.2\n"
      "AllReduceStrategy.ONESHOT,torch.float16,1024,2.5,0.4\n"
      "UB,float16,1024,0.0,0.0\n",
      "benchmark.tp8.sm90.csv");
  EXPECT_TRUE(contents.dataset.empty());
  ASSERT_EQ(contents.curves.size(), 1U);
  const ByteCurve& curve = contents.curves.front();
  EXPECT_EQ(curve.name, "ONESHOT");
  EXPECT_EQ(curve.dtype, "float16");
  EXPECT_EQ(curve.tp_size, 0) << "read_csv() goes by the columns";
  EXPECT_EQ(curve.file.filename(), "benchmark.tp8.sm90.csv");
  ASSERT_EQ(curve.points.size(), 2U);
  EXPECT_EQ(curve.points[0].bytes, 1024);
  EXPECT_EQ(curve.points[0].time_us, 2.5);
  EXPECT_EQ(curve.points[1].bytes, 4096);
}

TEST_F(ForeignCsv, SuchRowsMayStandBetweenCells) {
  const CsvContents contents = read(std::string(nine) +
                                    "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5\n"
                                    "2,bfloat16,2048,,,NCCL,NONE,gemm_allreduce,6\n");
  EXPECT_EQ(contents.dataset.rows().size(), 1U);
  ASSERT_EQ(contents.curves.size(), 1U);
  EXPECT_EQ(contents.curves.front().setting.op, "gemm_allreduce");
  EXPECT_EQ(contents.curves.front().tp_size, 2);
  EXPECT_THROW(static_cast<void>(read(std::string(nine) + "2,bfloat16,2048,1,,NCCL,NONE,allreduce,5\n")), DataError);
}

}  // namespace arbiter::test
