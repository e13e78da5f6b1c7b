// SPDX-License-Identifier: Apache-2.0
// The package of `cpack -G DEB`.
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

std::string field(const std::string& name) { return output_of({"dpkg-deb", "--field", package(), name}); }

TEST(DebianPackage, NamesWhatItNeeds) {
  EXPECT_THAT(field("Depends"), AllOf(HasSubstr("openmpi-bin"), ContainsRegex("libopenmpi[0-9]"), HasSubstr("libc6 ("),
                                      HasSubstr("libglpk40"), ContainsRegex("libyaml-cpp"), HasSubstr("libfmt"),
                                      HasSubstr("libboost-iostreams")));
  EXPECT_THAT(field("Recommends"), HasSubstr("gnuplot-nox"));
  EXPECT_EQ(field("Version"), VERSION "\n");
}

TEST(DebianPackage, HasEverythingUnderUsrAndNobodyElsesLibraries) {
  const auto contents = output_of({"dpkg-deb", "--contents", package()});
  EXPECT_THAT(contents,
              AllOf(HasSubstr("./usr/bin/runner\n"), HasSubstr("./usr/" LIBDIR "/libarbiter.so." VERSION "\n"),
                    HasSubstr("./usr/" PLUGINS "/heuristic_lp.so\n"),
                    HasSubstr("./usr/" LIBDIR "/cmake/Arbiter/ArbiterConfig.cmake\n"),
                    HasSubstr("./usr/include/arbiter/strategy.hpp\n"),
                    HasSubstr("./usr/share/arbiter/configs/quickstart.yaml\n")));
  EXPECT_THAT(contents, AllOf(Not(HasSubstr("libglpk")), Not(HasSubstr("arbiter/deps"))));
  for (const auto& line : lines_of(contents)) EXPECT_THAT(line, Not(HasSubstr("drwxrwxrwx")));
}

}  // namespace
}  // namespace arbiter::testing
