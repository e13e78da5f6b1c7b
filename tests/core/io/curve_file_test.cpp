// SPDX-License-Identifier: Apache-2.0
#include "io/curve_file.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;

std::string mistake(const std::filesystem::path& file) {
  try {
    static_cast<void>(read_curve_file(file));
  } catch (const DataError& error) {
    return error.what();
  }
  return "no mistake";
}

}  // namespace

TEST(DataFormat, IsToldByTheContents) {
  EXPECT_EQ(data_format_of("\n# size count type redop root time algbw busbw #wrong\n"), DataFormat::nccl_text);
  EXPECT_EQ(data_format_of("\xEF\xBB\xBF{\"version\":3,\"nccl_version\":22900"), DataFormat::nccl_json);
  EXPECT_EQ(data_format_of("op_name,nccl_dtype,num_gpus,message_size,latency\n"), DataFormat::aiconfigurator);
  EXPECT_EQ(data_format_of("strategy,size_bytes,time_us\n"), DataFormat::bytes);
  EXPECT_EQ(data_format_of("strategy,size,num_tokens,hidden_size,time (us)\n"), DataFormat::cells);
  EXPECT_EQ(data_format_of("strategy;size_bytes;time_us\n"), DataFormat::bytes) << "its reader says what is wrong";
  EXPECT_EQ(data_format_of("PAR1\x15"), DataFormat::parquet);
}

TEST(DataFormat, IsNoneForWhatElseStandsInAFolder) {
  for (const char* text : {"", "\n\n", "notes", R"({"format": "arbiter-decision"})", "a,b,c\n1,2,3\n",
                           "selector,source,data,tp_size,fusion,cells\n", "kind,from,to,bytes,value,unit\n",
                           "# size of things\n", "\x89PNG\r\n"}) {
    EXPECT_EQ(data_format_of(text), DataFormat::none) << text;
  }
}

TEST(CurveFile, NamesWhatItDoesNotRead) {
  const TempDir dir;
  EXPECT_THAT(mistake(dir.write("a.parquet", "PAR1")), HasSubstr("found Parquet, allowed text: write it as CSV"));
  EXPECT_THAT(mistake(dir.write("b.csv", "strategy,size,num_tokens,hidden_size,time (us)\n")),
              HasSubstr("name it benchmark.tp<N>.<cpu or sm<V>>.csv to have its cells read"));
  EXPECT_THAT(mistake(dir.write("c.txt", "?")), HasSubstr("found none of the files with times over bytes"));
  EXPECT_EQ(mistake(dir.write("d.csv", "strategy,size_bytes,time_us\nNCCL,8,5.5\n")), "no mistake");
}

}  // namespace arbiter::test
