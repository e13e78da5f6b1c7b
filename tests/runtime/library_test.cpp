// SPDX-License-Identifier: Apache-2.0
// The library as an engine sees it, without a GPU: what it needs, what it shows, C, and arguments.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "arbiter/runtime.h"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;

std::set<std::string> found(const std::string& text, const std::string& pattern) {
  std::set<std::string> all;
  const std::regex regex(pattern);
  for (auto at = std::sregex_iterator(text.begin(), text.end(), regex); at != std::sregex_iterator(); ++at) {
    all.insert((*at)[1]);
  }
  return all;
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int gathers_own(void* /*context*/, const void* /*send*/, void* /*receive*/, std::size_t /*bytes*/) { return 1; }

TEST(RuntimeLibrary, NeedsTheCLibraryAndThatOfCxxOnly) {
  const auto result = arbiter::testing::run({"readelf", "-d", RUNTIME_LIBRARY});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(found(result.output, R"(NEEDED.*\[([a-z+_-]+)[0-9.]*\.so)"),
              IsSubsetOf({"libc", "libm", "libstdc++", "libgcc_s"}));
  EXPECT_THAT(result.output, HasSubstr(fmt::format("libarbiter_runtime.so.{}]", ARBITER_RUNTIME_ABI)));
}

TEST(RuntimeLibrary, ShowsTheFunctionsOfItsHeaderOnly) {
  const auto result = arbiter::testing::run({"nm", "-D", "--defined-only", RUNTIME_LIBRARY});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto declared = found(contents(RUNTIME_HEADER), R"(\n(?:ARBITER_API [^;(]*?)(arbiter_\w+)\()");
  EXPECT_EQ(found(result.output, R"( [A-Z] (\S+?)@@ARBITER_1\n)"), declared);
  EXPECT_GT(declared.size(), 10U);
  EXPECT_EQ(found(result.output, R"( [TWVBDR] ((?!arbiter_)\S+)\n)"), std::set<std::string>());
}

TEST(RuntimeLibrary, IsUsedFromC99) {
  const arbiter::test::TempDir folder;
  const auto source = folder.path() / "engine.c";
  std::ofstream(source) << R"(#include <arbiter/runtime.h>
#include <stdio.h>
int main(void) {
  struct arbiter_comm_options options = ARBITER_COMM_OPTIONS_INIT;
  struct arbiter_operation operation = ARBITER_OPERATION_INIT;
  struct arbiter_choice choice = ARBITER_CHOICE_INIT;
  struct arbiter_comm_info info = ARBITER_COMM_INFO_INIT;
  arbiter_comm_t comm = NULL;
  options.size = 1;
  printf("%s %d %d", arbiter_status_name(arbiter_comm_create(&comm, &options)), comm == NULL,
         (int)(arbiter_all_reduce(comm, &operation, NULL) + arbiter_explain(comm, &operation, &choice) +
               arbiter_comm_get_info(comm, &info)));
  return 0;
}
)";
  const auto program = (folder.path() / "engine").string();
  const auto compiled =
      arbiter::testing::run({C_COMPILER, "-std=c99", "-pedantic-errors", "-Wall", "-Wextra", "-Werror",
                             std::string("-I") + RUNTIME_INCLUDE, source.string(), "-o", program, RUNTIME_LIBRARY});
  ASSERT_EQ(compiled.exit_code, 0) << compiled.output;
  const auto folder_of_library = std::filesystem::path(RUNTIME_LIBRARY).parent_path().string();
  const auto ran = arbiter::testing::run({program}, {"LD_LIBRARY_PATH=" + folder_of_library});
  EXPECT_EQ(ran.output, "ARBITER_INVALID_ARGUMENT 1 3");
}

TEST(RuntimeLibrary, SaysWhatIsWrongWithArguments) {
  arbiter_comm_t comm = nullptr;
  arbiter_comm_options options = ARBITER_COMM_OPTIONS_INIT;
  options.size = 2;
  options.rank = 2;
  EXPECT_EQ(arbiter_comm_create(&comm, &options), ARBITER_INVALID_ARGUMENT);
  EXPECT_THAT(arbiter_last_error(), HasSubstr("rank is 2; 0..1 are allowed"));
  options.rank = 0;
  EXPECT_EQ(arbiter_comm_create(&comm, &options), ARBITER_INVALID_ARGUMENT);
  EXPECT_THAT(arbiter_last_error(), HasSubstr("all_gather and nccl_comm are null"));
  options.struct_size -= 8;
  EXPECT_EQ(arbiter_comm_create(&comm, &options), ARBITER_INVALID_ARGUMENT);
  EXPECT_THAT(arbiter_last_error(), AllOf(HasSubstr("options->struct_size"), HasSubstr("this library knows")));
  EXPECT_EQ(arbiter_comm_create(nullptr, &options), ARBITER_INVALID_ARGUMENT);
  EXPECT_EQ(arbiter_comm_destroy(nullptr), ARBITER_OK);
  EXPECT_EQ(arbiter_path_of(nullptr, nullptr), ARBITER_PATH_NCCL);
}

TEST(RuntimeLibrary, SaysThatTheExchangeFailed) {
  arbiter_comm_t comm = nullptr;
  arbiter_comm_options options = ARBITER_COMM_OPTIONS_INIT;
  options.size = 2;
  options.all_gather = gathers_own;
  EXPECT_EQ(arbiter_comm_create(&comm, &options), ARBITER_EXCHANGE_FAILED);
  EXPECT_THAT(arbiter_last_error(), HasSubstr("failed on rank 0"));
  EXPECT_EQ(comm, nullptr);
}

TEST(RuntimeLibrary, NamesEveryStatusAndPath) {
  for (int status = ARBITER_OK; status <= ARBITER_INTERNAL_ERROR; ++status) {
    EXPECT_THAT(arbiter_status_name(status), HasSubstr("ARBITER_")) << status;
  }
  EXPECT_STREQ(arbiter_status_name(-1), "unknown status");
  EXPECT_STREQ(arbiter_path_name(ARBITER_PATH_TWOSHOT), "TWOSHOT");
  EXPECT_STREQ(arbiter_path_name(99), "unknown path");
}

}  // namespace
