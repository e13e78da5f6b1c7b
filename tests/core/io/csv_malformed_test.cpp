// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/csv.hpp"
#include "arbiter/error.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

constexpr const char* header =
    "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time (us),status,graph,iterations_per_sample\n";
constexpr const char* good = "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3\n";

struct Malformed {
  const char* name;
  std::string line;
  std::string message;  ///< after "<file>:3: "
};

class CsvReaderMalformed : public ::testing::TestWithParam<Malformed> {
 protected:
  [[nodiscard]] std::filesystem::path file() const {
    return dir_.write("data.csv", std::string(header) + good + GetParam().line + "\n" + good);
  }
  TempDir dir_;
};

}  // namespace

TEST_P(CsvReaderMalformed, NamesFileLineColumnFoundAndAllowed) {
  try {
    static_cast<void>(read_csv(file()));
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_EQ(std::string(error.what()), (dir_.path() / "data.csv").string() + ":3: " + GetParam().message);
  }
}

TEST_P(CsvReaderMalformed, IsSkippedAndCountedOnRequest) {
  const CsvContents contents = read_csv(file(), {.skip_bad_rows = true});
  EXPECT_EQ(contents.dataset.rows().size(), 2U);
  EXPECT_EQ(contents.skipped_rows, 1);
  EXPECT_THAT(contents.warnings,
              ::testing::ElementsAre((dir_.path() / "data.csv").string() + ":3: " + GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Cells, CsvReaderMalformed,
    ::testing::Values(
        Malformed{"TextForANumber", "2,bfloat16,2048,x,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'num_tokens': found 'x', allowed a whole number from 1 up"},
        Malformed{"NoTokens", "2,bfloat16,0,0,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'num_tokens': found '0', allowed a whole number from 1 up"},
        Malformed{"NegativeHiddenSize", "2,bfloat16,2048,1,-1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'hidden_size': found '-1024', allowed a whole number from 1 up"},
        Malformed{"FractionForAWholeNumber", "2.5,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'world_size': found '2.5', allowed a whole number, 1..1048576"},
        Malformed{"OverflowingNumber", "2,bfloat16,2048,99999999999999999999,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'num_tokens': found '99999999999999999999', allowed a whole number from 1 up"},
        Malformed{"UnknownDtype", "2,int8,1024,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'dtype': found 'int8', allowed bfloat16, float16 or float32"},
        Malformed{"WrongSize", "2,bfloat16,1024,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'size': found '1024', allowed 2048 (num_tokens 1 x hidden_size 1024 x 2 bytes of bfloat16)"},
        Malformed{"NegativeTime", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,-5.5,ok,false,3",
                  "column 'time (us)': found '-5.5', allowed microseconds, a number above 0, up to 8.64e+10"},
        Malformed{"ZeroTime", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,0,ok,false,3",
                  "column 'time (us)': found '0', allowed microseconds, a number above 0, up to 8.64e+10"},
        Malformed{"NotANumberTime", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,nan,ok,false,3",
                  "column 'time (us)': found 'nan', allowed microseconds, a number above 0, up to 8.64e+10"},
        Malformed{"InfiniteTime", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,inf,ok,false,3",
                  "column 'time (us)': found 'inf', allowed microseconds, a number above 0, up to 8.64e+10"},
        Malformed{"TimeAsLongAsTheUniverse", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,1e308,ok,false,3",
                  "column 'time (us)': found '1e308', allowed microseconds, a number above 0, up to 8.64e+10"},
        Malformed{"TimeOfMonths", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,1e13,ok,false,3",
                  "column 'time (us)': found '1e13', allowed microseconds, a number above 0, up to 8.64e+10"},
        Malformed{"TimeBeyondDouble", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,1e400,ok,false,3",
                  "column 'time (us)': found '1e400', allowed microseconds, a number above 0, up to 8.64e+10"},
        Malformed{"DecimalComma", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,\"5,5\",ok,false,3",
                  "column 'time (us)': found '5,5', allowed microseconds, a number above 0, up to 8.64e+10"},
        Malformed{"TimeWithUnit", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.5us,ok,false,3",
                  "column 'time (us)': found '5.5us', allowed microseconds, a number above 0, up to 8.64e+10"},
        Malformed{"EmptyTimeOfAGoodRow", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,,ok,false,3",
                  "column 'time (us)': found '', allowed microseconds, a number above 0, up to 8.64e+10"},
        Malformed{"UnknownStatus", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.5,fine,false,3",
                  "column 'status': found 'fine', allowed ok, failed or suspect"},
        Malformed{"UnknownTruth", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.5,ok,maybe,3",
                  "column 'graph': found 'maybe', allowed true or false"},
        Malformed{"NegativeCount", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,-3",
                  "column 'iterations_per_sample': found '-3', allowed a whole number from 0 up"},
        Malformed{"NoStrategy", "2,bfloat16,2048,1,1024,,NONE,allreduce,5.5,ok,false,3",
                  "column 'strategy': found '', allowed a name"},
        Malformed{"TooFewFields", "2,bfloat16,2048,1,1024,NC", "line: found 6 fields, allowed 12 as in the header"},
        Malformed{"TooManyFields", "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3,",
                  "line: found 13 fields, allowed 12 as in the header"},
        Malformed{"NoRanks", "0,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'world_size': found '0', allowed a whole number, 1..1048576"},
        Malformed{"OneRankTooMany", "1048577,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'world_size': found '1048577', allowed a whole number, 1..1048576"},
        Malformed{"RanksThatAreTwoInAnInt", "4294967298,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'world_size': found '4294967298', allowed a whole number, 1..1048576"},
        Malformed{"TextBeyondAscii", "2,größe,2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'dtype': found 'größe', allowed bfloat16, float16 or float32"},
        Malformed{"ControlCharacters", "2,a\x01\x1f b,2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'dtype': found 'a\\x01\\x1f b', allowed bfloat16, float16 or float32"},
        Malformed{"SixtyCharacters", "2," + std::string(60, 'x') + ",2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'dtype': found '" + std::string(60, 'x') + "', allowed bfloat16, float16 or float32"},
        Malformed{"SixtyOneCharacters", "2," + std::string(61, 'x') + ",2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3",
                  "column 'dtype': found '" + std::string(60, 'x') + "...', allowed bfloat16, float16 or float32"},
        Malformed{"TextBehindAQuote", "2,bfloat16,2048,1,1024,\"NCCL\"x,NONE,allreduce,5.5,ok,false,3",
                  "line: found a quote that is not closed, allowed \"...\" around a field"},
        Malformed{"OpenQuote", "2,bfloat16,2048,1,1024,\"NCCL,NONE,allreduce,5.5,ok,false,3",
                  "line: found a quote that is not closed, allowed \"...\" around a field"}),
    [](const auto& instance) { return instance.param.name; });

TEST(CsvReaderFile, NamesTheColumnThatTheHeaderLacks) {
  const TempDir dir;
  const auto file = dir.write("data.csv", "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time\n");
  try {
    static_cast<void>(read_csv(file, {.skip_bad_rows = true}));
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_EQ(error.what(), file.string() +
                                ":1: column 'time (us)': not in the header, found "
                                "'world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time'");
  }
}

TEST(CsvReaderFile, RefusesAColumnThatIsThereTwiceAndAnEmptyFile) {
  const TempDir dir;
  const auto twice =
      dir.write("twice.csv", "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,fusion_op,time (us)\n");
  EXPECT_THROW(static_cast<void>(read_csv(twice)), DataError);
  EXPECT_THROW(static_cast<void>(read_csv(dir.write("empty.csv", ""))), DataError);
  EXPECT_THROW(static_cast<void>(read_csv(dir.write("blank.csv", "\n\n"))), DataError);
}

TEST(CsvReaderFile, SaysThatACutOffLastLineMayComeFromAStoppedWriter) {
  const TempDir dir;
  const auto file = dir.write("data.csv", std::string(header) + good + "2,bfloat16,20");
  try {
    static_cast<void>(read_csv(file));
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_EQ(error.what(), file.string() +
                                ":3: line: found 3 fields, allowed 12 as in the header (the file ends in this line: "
                                "was its writer stopped?)");
  }
}

TEST(CsvReaderFile, AQuoteWithoutEndCostsItsLineOnly) {
  const TempDir dir;
  const std::string open = "2,bfloat16,2048,1,1024,\"NCCL,NONE,allreduce,5.5,ok,false,3\n";
  const std::string named = "2,bfloat16,2048,1,1024,\"A\n\nB\",NONE,allreduce,5.5,ok,false,3\n";
  const auto file = dir.write("data.csv", header + open + good + named + open + good + "x\n");
  const CsvContents contents = read_csv(file, {.skip_bad_rows = true});
  EXPECT_EQ(contents.dataset.strategies(), (std::vector<std::string>{"NCCL", "A\n\nB"}));
  EXPECT_EQ(contents.dataset.rows().size(), 3U);
  ASSERT_EQ(contents.warnings.size(), 3U);
  EXPECT_THAT(contents.warnings[0], ::testing::HasSubstr("data.csv:2: line: found a quote"));
  EXPECT_THAT(contents.warnings[1], ::testing::HasSubstr("data.csv:7: line: found a quote"));
  EXPECT_THAT(contents.warnings[2], ::testing::HasSubstr("data.csv:9: line: found 1 fields"));
}

TEST(CsvReaderFile, RefusesALastFieldThatMayBeThePartOfAnother) {
  const TempDir dir;
  constexpr const char* nine = "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time (us)\n";
  const auto file = dir.write("data.csv", std::string(nine) + "2,bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.8");
  try {
    static_cast<void>(read_csv(file));
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_EQ(error.what(), file.string() +
                                ":2: column 'time (us)': found '5.8' without the end of a line, allowed a field that a "
                                "line end follows (the file ends in this line: was its writer stopped?)");
  }
  EXPECT_EQ(read_csv(file, {.skip_bad_rows = true}).skipped_rows, 1);
}

TEST(CsvReaderFile, RefusesAnotherSeparatorAndAnotherEncoding) {
  const TempDir dir;
  const auto mistake = [&](const std::string& text) -> std::string {
    const auto file = dir.write("data.csv", text);
    try {
      static_cast<void>(read_csv(file, {.skip_bad_rows = true}));
    } catch (const DataError& error) {
      return std::string(error.what()).substr(file.string().size());
    }
    return "no mistake";
  };
  EXPECT_EQ(mistake("world_size;dtype;size;num_tokens;hidden_size;strategy;fusion;time (us)\n2;bfloat16\n"),
            ":1: column 'world_size': found ; between the names, allowed a comma");
  EXPECT_EQ(mistake("world_size\tdtype\tsize\tnum_tokens\thidden_size\tstrategy\tfusion\ttime (us)\n"),
            ":1: column 'world_size': found a tab between the names, allowed a comma");
  EXPECT_EQ(mistake("\xFF\xFEw"), ":1: line: found text in UTF-16, allowed UTF-8");
}

TEST(CsvReaderFile, RefusesMessageSizesThatOverflow) {
  const TempDir dir;
  const auto file = dir.write(
      "data.csv", std::string(header) + "2,bfloat16,2048,4611686018427387904,4,NCCL,NONE,allreduce,5.5,ok,false,3\n");
  EXPECT_THROW(static_cast<void>(read_csv(file)), DataError);
}

TEST(CsvReaderFile, RefusesAnErrorBelowZeroOrNotANumber) {
  const TempDir dir;
  for (const std::string error : {"-1", "-0.001", "nan", "0.5x"}) {
    const auto file = dir.write("data.csv",
                                "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,time (us),error\n"
                                "2,bfloat16,2048,1,1024,NCCL,NONE,5.5," +
                                    error + "\n");
    try {
      static_cast<void>(read_csv(file));
      ADD_FAILURE() << "accepted " << error;
    } catch (const DataError& refused) {
      EXPECT_EQ(refused.what(),
                file.string() + ":2: column 'error': found '" + error + "', allowed a number from 0 up");
    }
  }
}

TEST(CsvMessages, ShortenWhatItFoundToSixtyCharactersAndAHeaderToTwoHundred) {
  const TempDir dir;
  const auto mistake = [&](const std::string& text) -> std::string {
    try {
      static_cast<void>(read_csv(dir.write("long.csv", text)));
    } catch (const DataError& error) {
      return std::string(error.what()).substr((dir.path() / "long.csv").string().size());
    }
    return "no mistake";
  };
  const auto of_world_size = [&](const std::string& field) {
    return mistake(header + field + ",bfloat16,2048,1,1024,NCCL,NONE,allreduce,5.5,ok,false,3\n");
  };
  EXPECT_EQ(of_world_size(std::string(60, 'x')),
            ":2: column 'world_size': found '" + std::string(60, 'x') + "', allowed a whole number, 1..1048576");
  EXPECT_EQ(of_world_size(std::string(61, 'x')),
            ":2: column 'world_size': found '" + std::string(60, 'x') + "...', allowed a whole number, 1..1048576");
  EXPECT_EQ(mistake(std::string(200, 'x') + "\n"),
            ":1: column 'world_size': not in the header, found '" + std::string(200, 'x') + "'");
  EXPECT_EQ(mistake(std::string(201, 'x') + "\n"),
            ":1: column 'world_size': not in the header, found '" + std::string(200, 'x') + "...'");
}

}  // namespace arbiter::test
