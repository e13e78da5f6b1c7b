// SPDX-License-Identifier: Apache-2.0
#include "io/nccl_json.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;

constexpr const char* whole = R"({"version":3,"args":[".\/all_reduce_perf","-J","x.json"],"env":["HOME=\/nowhere"],
"nccl_version":22900,"config":{"nthreads":1,"ngpus":2,"graph":0,"devices":[
{"rank":0,"group":0,"pid":1,"hostname":"left","device":0,"device_hex":"0","device_info":"GPU"},
{"rank":2,"group":0,"pid":2,"hostname":"right","device":0,"device_hex":"0","device_info":"GPU"},
{"rank":4,"group":1,"pid":3,"hostname":"third","device":0,"device_hex":"0","device_info":"GPU"}]},
"results":[{"size":0,"count":0,"type":"bfloat16","redop":"sum","root":"    -1","out_of_place":null,"in_place":null},
{"size":8,"count":4,"type":"bfloat16","redop":"sum","root":"    -1",
"out_of_place":{"time":12.500000,"alg_bw":0.1,"bus_bw":0.1,"nwrong":0.0},
"in_place":{"time":11.250000,"alg_bw":0.1,"bus_bw":0.1,"nwrong":null},"actual_iterations":20,"experiment_name":""}],
"out_of_bounds":{"count":0,"okay":"true"}})";

class NcclJson : public ::testing::Test {
 protected:
  [[nodiscard]] std::string mistake(std::string text, const std::string& old_part = {},
                                    const std::string& new_part = {}) const {
    if (!old_part.empty()) text.replace(text.find(old_part), old_part.size(), new_part);
    try {
      static_cast<void>(read_nccl_json(dir_.write("out.json", text)));
    } catch (const DataError& error) {
      return std::string(error.what()).substr(dir_.path().string().size() + 1);
    }
    return "no mistake";
  }
  TempDir dir_;
};

}  // namespace

TEST_F(NcclJson, HasTheCurvesOfTheGroupOfTheFirstRank) {
  const auto contents = read_nccl_json(dir_.write("out.json", whole));
  ASSERT_EQ(contents.curves.size(), 2U);
  const ByteCurve& curve = contents.curves[0];
  EXPECT_EQ(curve.name, "NCCL");
  EXPECT_EQ(curve.dtype, "bfloat16");
  EXPECT_EQ(curve.tp_size, 4) << "two processes with two GPUs each; the list has the first rank of each";
  EXPECT_EQ(curve.setting.hosts, 2);
  EXPECT_FALSE(curve.setting.graph);
  ASSERT_EQ(curve.points.size(), 1U);
  EXPECT_EQ(curve.points[0].bytes, 8);
  EXPECT_EQ(curve.points[0].time_us, 12.5);
  EXPECT_EQ(contents.curves[1].points[0].time_us, 11.25);
}

TEST_F(NcclJson, IsRefusedWhereverItIsCut) {
  const std::string text = whole;
  for (std::size_t length = 2; length < text.size(); length += 7) {
    EXPECT_THAT(mistake(text.substr(0, length)), HasSubstr("out.json: allowed: whole JSON, as nccl-tests write it"));
  }
  EXPECT_THAT(mistake(text.substr(0, text.size() - 1)), HasSubstr("line 10, column"));
}

TEST_F(NcclJson, NamesTheResultWithAMistake) {
  EXPECT_EQ(mistake(whole, "12.500000", "1e308"),
            "out.json: results[1]: column 'out_of_place.time': found '1e+308', allowed microseconds, a number above 0, "
            "up to 8.64e+10");
  EXPECT_THAT(mistake(whole, "12.500000", "\"nan\""), HasSubstr("results[1]: column 'out_of_place.time': found"));
  EXPECT_THAT(mistake(whole, "\"time\":11", "\"cpu_time\":11"), HasSubstr("allowed time: run nccl-tests without -C"));
  EXPECT_THAT(mistake(whole, "\"size\":8", "\"size\":9"), HasSubstr("results[1]: column 'size': found '9', allowed"));
  EXPECT_THAT(mistake(whole, "\"size\":8", "\"bytes\":8"), HasSubstr("results[1]: allowed: what nccl-tests write"));
  EXPECT_THAT(mistake(whole, "all_reduce_perf", "alltoall_perf"), HasSubstr("allowed: that of all_reduce_perf"));
}

TEST_F(NcclJson, RefusesMoreRanksThanThereAre) {
  EXPECT_THAT(mistake(whole, R"("ngpus":2)", R"("ngpus":2147483647)"), HasSubstr("'config.ngpus': found '2147483647'"));
  EXPECT_THAT(mistake(whole, R"("nthreads":1)", R"("nthreads":-1)"), HasSubstr("'config.nthreads': found '-1'"));
}

}  // namespace arbiter::test
