// SPDX-License-Identifier: Apache-2.0
// The Dockerfile and its steps, as far as a machine without Docker can do them: apt-get and cmake are stand-ins, what
// is installed and checked is the real package.
#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "install/files.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
namespace fs = std::filesystem;

const fs::path steps = fs::path(SOURCE) / ".ci/image";

/// The instructions of the Dockerfile in words, and the stages that each FROM begins.
struct Instruction {
  std::string name;
  std::vector<std::string> words;
};

std::vector<Instruction> instructions() {
  std::vector<Instruction> result;
  for (const auto& line : lines_of(read_file(fs::path(SOURCE) / "Dockerfile"))) {
    std::istringstream stream(line);
    Instruction instruction;
    if (!(stream >> instruction.name) || instruction.name.starts_with('#')) continue;
    for (std::string word; stream >> word;) instruction.words.push_back(word);
    result.push_back(instruction);
  }
  return result;
}

class Image : public ::testing::Test {
 protected:
  /// A stand-in in PATH for a program of that name.
  void stand_in(const std::string& name, const std::string& script) const {
    const auto file = folder_.write("bin/" + name, "#!/bin/sh\n" + script + "\n");
    fs::permissions(file, fs::perms::owner_all);
  }
  [[nodiscard]] Finished step(const std::string& name, const std::vector<std::string>& environment = {}) const {
    auto all = environment;
    all.push_back("PATH=" + (folder_.path() / "bin").string() + ":" + (fs::path(WORK) / "root/usr/bin").string() + ":" +
                  std::getenv("PATH"));
    return run({steps, name}, all);
  }

  test::TempDir folder_;
};

TEST_F(Image, TheDockerfileRunsNothingButSteps) {
  std::set<std::string> stages;
  std::set<std::string> ran;
  for (const auto& [name, words] : instructions()) {
    if (name == "FROM") {
      ASSERT_EQ(words.size(), 3U);
      EXPECT_TRUE(stages.contains(words[0]) || words[0].find(':') != std::string::npos) << words[0];
      stages.insert(words[2]);
    } else if (name == "RUN") {
      ASSERT_EQ(words.size(), 2U) << words.front();
      EXPECT_EQ(fs::path(words[0]).filename(), "image");
      ran.insert(words[1]);
    } else if (name == "COPY" && words.front().starts_with("--from=")) {
      EXPECT_TRUE(stages.contains(words.front().substr(7))) << words.front();
    } else if (name == "COPY") {
      EXPECT_TRUE(fs::exists(fs::path(SOURCE) / words.front())) << words.front();
    }
  }
  EXPECT_THAT(stages, IsSupersetOf({"host", "cuda"}));
  EXPECT_THAT(ran, ::testing::ElementsAre("check", "check_cuda", "install", "package", "packages"));
  const auto text = read_file(steps);
  for (const auto& one : ran) EXPECT_THAT(text, HasSubstr("\n  " + one + ")")) << "is no step";
}

TEST_F(Image, AWordThatIsNoStepIsAUsageError) {
  const auto result = step("pakages");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("packages    installs what a build needs"));
}

TEST_F(Image, PackagesAsksAptForWhatIsMissing) {
  stand_in("apt-get", "echo apt-get \"$@\"");
  stand_in("dpkg-query", "[ \"$3\" = libglpk-dev ] || echo 'install ok installed'");
  stand_in("sudo", "\"$@\"");
  const auto result = step("packages");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("installing: libglpk-dev\n"), HasSubstr("apt-get update")));
}

TEST_F(Image, PackageBuildsWhatPeopleRunAndPacksIt) {
  stand_in("apt-get", "exit 0");
  stand_in("dpkg-query", "echo 'install ok installed'");
  stand_in("cmake", "echo cmake \"$@\" >>'" + (folder_.path() / "log").string() + "'");
  stand_in("cpack", "echo cpack \"$@\" >>'" + (folder_.path() / "log").string() + "'");
  const auto result = step("package");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(read_file(folder_.path() / "log"),
              AllOf(HasSubstr("cmake --preset dev\n"), HasSubstr("--target product\n"),
                    HasSubstr("cpack --config build/CPackConfig.cmake -B dist\n")));
}

TEST_F(Image, InstallGivesAptThePackageAndGnuplot) {
  stand_in("apt-get", "echo apt-get \"$@\"");
  const auto dist = fs::path(WORK) / "packages";
  const auto result = step("install", {"DIST=" + dist.string()});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(
      std::regex_search(result.output, std::regex("apt-get install .*/arbiter_[0-9.]+_[a-z0-9]+[.]deb gnuplot")))
      << result.output;
}

TEST_F(Image, CheckMeasuresWithTheInstalledPackage) {
  const auto result = step("check");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("heuristic_lp.so"), HasSubstr("4 cells to measure")));
}

TEST_F(Image, CheckFailsIfAPluginIsRefused) {
  stand_in("arbiter", "echo 'refused    x.so: libcudart.so.13 is missing'");
  EXPECT_EQ(step("check").exit_code, 1);
}

TEST_F(Image, CheckCudaPlansASweepOfGpusThatAreNotHere) {
  if (!fs::exists(fs::path(WORK) / "root/usr" / PLUGINS / "backend_cuda.so")) GTEST_SKIP() << "built without CUDA";
  const auto result = step("check_cuda");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("assuming 4 GPUs of sm90 with 141 GiB"));
}

}  // namespace
}  // namespace arbiter::testing
