// SPDX-License-Identifier: Apache-2.0
// A third party's project (consumer/) that knows Arbiter by find_package only.
#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "install/files.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

const fs::path prefix = fs::path(WORK) / "moved";
const fs::path consumer = fs::path(SOURCE) / "tests/install/consumer";

class Consumer : public ::testing::Test {
 protected:
  /// cmake on the project, in the test's own folder.
  [[nodiscard]] Finished configure(std::vector<std::string> settings) const {
    settings.insert(settings.begin(),
                    {CMAKE, "-G", GENERATOR, "-S", consumer, "-B", build(), std::string("-DCMAKE_CXX_COMPILER=") + CXX,
                     std::string("-DCMAKE_CXX_FLAGS=") + CXX_FLAGS});
    return run(settings);
  }

  /// Configures and builds the project, and uses all that is in it.
  void expect_works_with(const std::vector<std::string>& settings, const fs::path& runner) const {
    const auto configured = configure(settings);
    ASSERT_EQ(configured.exit_code, 0) << configured.output;
    EXPECT_THAT(configured.output, Not(HasSubstr("Warning")));
    const auto built = run({CMAKE, "--build", build()});
    ASSERT_EQ(built.exit_code, 0) << built.output;
    EXPECT_THAT(built.output, Not(HasSubstr("warning"))) << "from the linker, about libraries it did not find?";

    EXPECT_THAT(output_of({runner, "--list", "--plugin_dir", build() / "plugins"}),
                HasSubstr((build() / "plugins/row_count.so").string()));
    EXPECT_THAT(read_file(build() / "list.txt"), HasSubstr("ONESHOT")) << "Arbiter::runner";
    EXPECT_THAT(output_of({build() / "draws"}), HasSubstr("arbiter says: ")) << "Arbiter::plots";
    EXPECT_THAT(output_of({build() / "scale"}), HasSubstr("the same bits")) << "arbiter_add_isa_sources";
  }

  [[nodiscard]] fs::path build() const { return folder_.path() / "build"; }

  test::TempDir folder_;
};

TEST_F(Consumer, BuildsWithAMovedPrefix) {
  expect_works_with({"-DCMAKE_PREFIX_PATH=" + prefix.string()}, prefix / "bin/runner");

  // The plugin is for any runner, wherever that is: it has no path to the libraries it was built against.
  EXPECT_THAT(output_of({READELF, "-d", build() / "plugins/row_count.so"}),
              AllOf(HasSubstr("libarbiter.so"), Not(HasSubstr("RPATH")), Not(HasSubstr("RUNPATH"))));
  EXPECT_THAT(output_of({fs::path(BUILD) / "bin/runner", "--list", "--plugin_dir", build() / "plugins"}),
              Not(HasSubstr("refused")));

  const auto own_prefix = folder_.path() / "prefix";
  ASSERT_EQ(run({CMAKE, "--install", build(), "--prefix", own_prefix}).exit_code, 0);
  EXPECT_TRUE(fs::exists(own_prefix / PLUGINS / "row_count.so"));
}

/// The shared libraries that a file names, one a line.
std::string needed_by(const fs::path& file) {
  std::string needed;
  for (const auto& line : lines_of(output_of({READELF, "-d", file}))) {
    if (line.find("(NEEDED)") != std::string::npos) needed += line + "\n";
  }
  return needed;
}

TEST_F(Consumer, IsAnEngineThatAsksADecisionAndNeedsLibarbiterAlone) {
  ASSERT_EQ(configure({"-DCMAKE_PREFIX_PATH=" + prefix.string()}).exit_code, 0);
  const auto built = run({CMAKE, "--build", build(), "--target", "engine"});
  ASSERT_EQ(built.exit_code, 0) << built.output;
  const auto decision = folder_.write("decision.json", R"({
    "format": "arbiter-decision", "version": 1,
    "selectors": [{"name": "mine", "table": {"look_up": "nearest", "fallback": "MPI", "grids": [], "steps": [
      {"tp_size": 2, "dtype": "bfloat16", "fusion": "NONE", "steps": [[4096, "ONESHOT"], [null, "TWOSHOT"]]}]}}]})");
  const auto rows = folder_.write("benchmark.tp2.cpu.csv",
                                  "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,time (us)\n"
                                  "2,bfloat16,256,1,128,ONESHOT,NONE,allreduce,2.5\n"
                                  "2,bfloat16,256,1,128,MPI,NONE,allreduce,3.5\n");
  EXPECT_EQ(output_of({build() / "engine", decision, rows}),
            "tp 2, bfloat16, NONE, 1 tokens x 128: ONESHOT\n"
            "tp 2, bfloat16, NONE, 1024 tokens x 128: TWOSHOT\n"
            "measured: ONESHOT\n");

  EXPECT_THAT(needed_by(build() / "engine"), HasSubstr("libarbiter.so"));
  const auto loaded = output_of({"ldd", build() / "engine"});
  for (const char* library : {"libmpi", "libopen-", "yaml", "boost", "spdlog", "glpk", "arbiter_plots"}) {
    EXPECT_THAT(needed_by(build() / "engine"), Not(HasSubstr(library)));
    EXPECT_THAT(needed_by(prefix / LIBDIR / "libarbiter.so"), Not(HasSubstr(library)));
    EXPECT_THAT(loaded, Not(HasSubstr(library)));
  }
}

TEST_F(Consumer, BuildsWithTheBuildTree) {
  expect_works_with({"-DArbiter_ROOT=" BUILD}, fs::path(BUILD) / "bin/runner");
}

TEST_F(Consumer, MayAskForThisVersion) {
  const auto configured = configure({"-DArbiter_DIR=" BUILD "/" LIBDIR "/cmake/Arbiter", "-DARBITER_VERSION=" VERSION});
  EXPECT_EQ(configured.exit_code, 0) << configured.output;
}

TEST_F(Consumer, IsToldWhenItAsksForAnotherVersion) {
  const auto configured = configure({"-DCMAKE_PREFIX_PATH=" + prefix.string(), "-DARBITER_VERSION=99"});
  EXPECT_NE(configured.exit_code, 0);
  EXPECT_THAT(configured.output, AllOf(HasSubstr("requested version \"99\""), HasSubstr("version: " VERSION)));
}

}  // namespace
}  // namespace arbiter::testing
