// SPDX-License-Identifier: Apache-2.0
// The package of `cpack -G DEB`.
#include <regex>
#include <set>

#include <gmock/gmock.h>

#include "install/files.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

fs::path package() {
  for (const auto& file : files_below(fs::path(WORK) / "packages")) {
    if (file.extension() == ".deb") return file;
  }
  throw std::runtime_error("there is no .deb in " WORK "/packages");
}

fs::path root() { return fs::path(WORK) / "root"; }

std::string field(const std::string& name) { return output_of({"dpkg-deb", "--field", package(), name}); }

TEST(DebianPackage, NamesWhatItNeeds) {
  EXPECT_THAT(field("Depends"), AllOf(HasSubstr("openmpi-bin"), HasSubstr("libopenmpi3 | libopenmpi3t64"),
                                      ContainsRegex("libc6 \\(>= [0-9.]+\\)"), ContainsRegex("libstdc\\+\\+6 \\(>= ")));
  EXPECT_THAT(field("Recommends"), HasSubstr("gnuplot-nox"));
  EXPECT_EQ(field("Version"), VERSION "\n");
}

/// Libraries of the packages that Debian 12 and Ubuntu 24.04 have under the same names, and of the CUDA toolkit.
bool is_of_a_dependency(const std::string& library) {
  static const std::regex known(
      "ld-linux.*|lib(c|m|dl|rt|pthread|stdc[+][+]|gcc_s|mpi)[.]so.*|lib(cudart|nvJitLink|nccl)[.]so.*");
  return std::regex_match(library, known);
}

TEST(DebianPackage, NeedsNoLibraryWhoseNameDiffersBetweenDebianAndUbuntu) {
  const auto binaries = binaries_below(root());
  std::set<std::string> own;
  for (const auto& file : fs::recursive_directory_iterator(root())) own.insert(file.path().filename().string());
  ASSERT_GT(binaries.size(), 25U);
  for (const auto& binary : binaries) {
    for (const auto& library : libraries_named_by(binary)) {
      EXPECT_TRUE(own.contains(library) || is_of_a_dependency(library)) << binary << " needs " << library;
    }
  }
}

TEST(DebianPackage, TheProgramIsCalledArbiterAndRunnerIsInItsOwnFolder) {
  const auto program = root() / "usr/bin/arbiter";
  EXPECT_TRUE(fs::is_symlink(program));
  EXPECT_FALSE(fs::exists(root() / "usr/bin/runner"));
  const auto runner = root() / "usr" / LIBDIR / "arbiter/bin/runner";
  EXPECT_EQ(fs::canonical(program), fs::canonical(runner));
  EXPECT_THAT(output_of({program, "--help"}), HasSubstr("  arbiter sweep.yaml "));
  EXPECT_THAT(output_of({runner, "--help"}), HasSubstr("  runner sweep.yaml "));
  const auto list = output_of({program, "--list"});
  EXPECT_THAT(list,
              AllOf(HasSubstr((root() / "usr" / PLUGINS / "heuristic_lp.so").string()), Not(HasSubstr("refused"))));
}

TEST(DebianPackage, HasEverythingUnderUsr) {
  const auto contents = output_of({"dpkg-deb", "--contents", package()});
  EXPECT_THAT(contents,
              AllOf(HasSubstr("./usr/bin/arbiter -> "), HasSubstr("./usr/" LIBDIR "/libarbiter.so." VERSION "\n"),
                    HasSubstr("./usr/" PLUGINS "/heuristic_lp.so\n"),
                    HasSubstr("./usr/" LIBDIR "/cmake/Arbiter/ArbiterConfig.cmake\n"),
                    HasSubstr("./usr/include/arbiter/strategy.hpp\n"),
                    HasSubstr("./usr/share/arbiter/configs/quickstart.yaml\n")));
  EXPECT_THAT(contents, AllOf(Not(HasSubstr("./usr/README")), Not(HasSubstr("libmpi")), Not(HasSubstr("libstdc++"))));
  for (const auto& line : lines_of(contents)) EXPECT_THAT(line, Not(HasSubstr("drwxrwxrwx")));
}

}  // namespace
}  // namespace arbiter::testing
