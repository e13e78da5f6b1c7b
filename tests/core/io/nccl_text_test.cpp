// SPDX-License-Identifier: Apache-2.0
#include "io/nccl_text.hpp"

#include <sstream>
#include <string>

#include <gmock/gmock.h>

#include "support/curve_reader.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;

constexpr const char* head = R"(some launcher's line
# nccl-tests version 9.9.9 nccl-headers=22900 nccl-library=22900
# Collective test starting: all_reduce_perf
# nThread 1 nGpus 2 minBytes 8 maxBytes 64 step: 2(factor) warmup iters: 1 iters: 20 agg iters: 1 validation: 1 graph: 4 unalign: 0
#
# Using devices
#  Rank  0 Group  0 Pid    101 on       left device  0 [0000:01:00] Made Up GPU
#  Rank  1 Group  0 Pid    101 on       left device  1 [0000:02:00] Made Up GPU
#  Rank  2 Group  0 Pid    202 on      right device  0 [0000:01:00] Made Up GPU
#  Rank  3 Group  0 Pid    202 on      right device  1 [0000:02:00] Made Up GPU
#
#                                                              out-of-place                       in-place
)";
constexpr const char* columns =
    "#       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   busbw  "
    "#wrong\n"
    "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)             (us)  (GB/s)  (GB/s)\n";

class NcclText : public CurveReader {
 protected:
  NcclText() : CurveReader(read_nccl_text, "out.txt") {}
};

}  // namespace

TEST_F(NcclText, HasACurveOutOfPlaceAndOneInPlace) {
  const auto contents =
      read(std::string(head) + columns +
           "           0             0      half     sum      -1     0.11    0.00    0.00       0     "
           "0.10    0.00    0.00       0\n"
           "           8             4      half     sum      -1    12.50    0.00    0.00       0    "
           "11.25    0.00    0.00       0\n"
           "left:101:101 [0] NCCL INFO noise in between\n"
           "          64            32      half     sum      -1   1.2e+06    0.01    0.01     N/A    "
           "13.75    0.01    0.01     N/A\n"
           "# Out of bounds values : 0 OK\n");
  ASSERT_EQ(contents.curves.size(), 2U);
  const ByteCurve& curve = contents.curves[0];
  EXPECT_EQ(curve.name, "NCCL");
  EXPECT_EQ(curve.dtype, "float16");
  EXPECT_EQ(curve.tp_size, 4);
  EXPECT_EQ(curve.setting, (Setting{.backend = "cuda", .hosts = 2, .op = "allreduce", .graph = true}));
  EXPECT_EQ(curve.origin, "nccl-tests: all_reduce_perf");
  ASSERT_EQ(curve.points.size(), 2U);
  EXPECT_EQ(curve.points[0].bytes, 8);
  EXPECT_EQ(curve.points[0].time_us, 12.5);
  EXPECT_EQ(curve.points[1].time_us, 1.2e6);
  EXPECT_EQ(contents.curves[1].name, "NCCL in place");
  EXPECT_EQ(contents.curves[1].points[1].time_us, 13.75);
}

TEST_F(NcclText, IsReadByItsHeaderInOtherVersionsAndWithMoreColumns) {
  const auto older = read(
      "# nThread 1 nGpus 8 minBytes 8 maxBytes 8 step: 2(factor) validation: 1\n"
      "#       size         count    type   redop     time   algbw   busbw  error     time   algbw   busbw  error\n"
      "           8             2   float     sum    20.50    0.00    0.00  2e-07    19.50    0.00    0.00  2e-07\n");
  ASSERT_EQ(older.curves.size(), 2U);
  EXPECT_EQ(older.curves[0].dtype, "float32");
  EXPECT_EQ(older.curves[0].tp_size, 8);
  EXPECT_EQ(older.curves[0].points[0].time_us, 20.5);
  const auto stamped = read(std::string(head) +
                            "# size count type redop root time algbw busbw #wrong i_min i_max i_p99 i_cv% "
                            "time algbw busbw #wrong i_min i_max i_p99 i_cv% timestamp\n"
                            "8 4 half sum -1 5.5 0 0 0 1 2 3 4 6.5 0 0 0 1 2 3 4 2026-11-28 03:14:15\n");
  ASSERT_EQ(stamped.curves.size(), 2U);
  EXPECT_EQ(stamped.curves[1].points[0].time_us, 6.5);
}

TEST_F(NcclText, TakesTheMedianOfASizeThatIsThereSeveralTimes) {
  const auto row = [](const char* time) { return std::string("8 4 half sum -1 ") + time + " 0 0 0 9.5 0 0 0\n"; };
  const auto contents = read(std::string(head) + columns + row("7.5") + row("100.5") + row("6.5"));
  ASSERT_EQ(contents.curves[0].points.size(), 1U);
  EXPECT_EQ(contents.curves[0].points[0].time_us, 7.5);
}

TEST_F(NcclText, AnotherReductionIsAnotherOperationAndWrongResultsAreLeftOut) {
  const auto contents = read(std::string(head) + columns +
                             "8 4 half sum -1 7.5 0 0 3 9.5 0 0 0\n"
                             "8 4 half max -1 8.5 0 0 0 9.75 0 0 0\n");
  ASSERT_EQ(contents.curves.size(), 3U);
  EXPECT_EQ(contents.curves[0].name, "NCCL in place");
  EXPECT_EQ(contents.curves[1].setting.op, "allreduce_max");
  EXPECT_THAT(contents.warnings.front(), HasSubstr("1 times are left out, as their results were wrong"));
}

TEST_F(NcclText, NamesLineColumnFoundAndAllowed) {
  const auto bad = [&](const std::string& row) { return mistake(std::string(head) + columns + row); };
  EXPECT_EQ(bad("8 4 half sum -1 1e13 0 0 0 9.5 0 0 0\n"),
            "out.txt:15: column 'time (out-of-place)': found '1e13', allowed microseconds, a number above 0, up to "
            "8.64e+10");
  EXPECT_EQ(
      bad("8 4 half sum -1 7.5 0 0 0 nan 0 0 0\n"),
      "out.txt:15: column 'time (in-place)': found 'nan', allowed microseconds, a number above 0, up to 8.64e+10");
  EXPECT_EQ(bad("80 4 half sum -1 7.5 0 0 0 9.5 0 0 0\n"),
            "out.txt:15: column 'size': found '80', allowed count 4 x 2 bytes of half");
  EXPECT_EQ(
      bad("8 4 half sum -1 7.5 0 0 0 9."),
      "out.txt:15: line: found 10 fields, allowed 13 as in the header (the file ends in this line: was its writer "
      "stopped?)");
}

TEST_F(NcclText, IsReadThroughTheTagsThatMpirunPutsBeforeLines) {
  const std::string row = "8 4 half sum -1 12.50 0.00 0.00 0 11.25 0.00 0.00 0\n";
  std::string tagged;
  std::istringstream plain(std::string(head) + columns + row);
  for (std::string line; std::getline(plain, line);) tagged += "[1,0]<stdout>:" + line + "\n";
  const auto contents = read(tagged);
  ASSERT_EQ(contents.curves.size(), 2U);
  EXPECT_EQ(contents.curves.front().tp_size, 4);
  EXPECT_DOUBLE_EQ(contents.curves.front().points.front().time_us, 12.5);
}

TEST_F(NcclText, SkipsBadLinesOnRequest) {
  const auto contents =
      read(std::string(head) + columns + "8 4 half sum -1 7.5 0 0 0 9.5 0 0 0\n16 8 half sum -1 7", true);
  EXPECT_EQ(contents.skipped_rows, 1);
  EXPECT_EQ(contents.curves[0].points.size(), 1U);
  EXPECT_THAT(contents.warnings.front(), HasSubstr("found 6 fields"));
}

TEST_F(NcclText, RefusesAnotherCollectiveAndCpuTimes) {
  EXPECT_EQ(mistake("# Collective test starting: all_gather_perf\n" + std::string(columns)),
            "out.txt: found the output of all_gather_perf, allowed: that of all_reduce_perf");
  EXPECT_THAT(mistake("# size count type redop root cputime algbw busbw #wrong\n8 4 half sum -1 7.5 0 0 0\n"),
              HasSubstr("found the column cputime, allowed time"));
}

TEST_F(NcclText, RefusesMoreRanksThanThereAre) {
  EXPECT_THAT(mistake("# nThread 999999 nGpus 999999 minBytes 8\n" + std::string(columns)),
              HasSubstr("'nGpus': found '999999'"));
}

TEST_F(NcclText, PassesOverLongComments) {
  const std::string long_line(1 << 20, 'x');
  const auto contents = read("# nThread 1 nGpus 2 " + long_line + "\n# Collective test starting: all_reduce_perf\n#" +
                             long_line + "\n" + columns +
                             "           8             4      half     sum      -1    12.50    0.00    0.00       0    "
                             "11.25    0.00    0.00       0\n");
  EXPECT_EQ(contents.curves.at(0).tp_size, 2);
}

}  // namespace arbiter::test
