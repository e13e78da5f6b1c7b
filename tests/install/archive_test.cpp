// SPDX-License-Identifier: Apache-2.0
// The archive of `cpack -G TGZ`, unpacked in an empty folder.
#include <algorithm>
#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gnu/libc-version.h>

#include "arbiter/files.hpp"
#include "install/files.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

fs::path unpacked() { return fs::directory_iterator(fs::path(WORK) / "unpacked")->path(); }

struct Needed {
  std::string name;
  fs::path found;  ///< empty if it is nowhere
};

/// Every library a program or library loads, directly or through others.
std::vector<Needed> needed_by(const fs::path& file) {
  static const std::regex with_path(R"(\s*(\S+) => (\S+) \(0x.*)");
  static const std::regex missing(R"(\s*(\S+) => not found)");
  std::vector<Needed> all;
  for (const auto& line : lines_of(output_of({"ldd", file}))) {
    std::smatch part;
    if (std::regex_match(line, part, with_path)) all.push_back({part[1], part[2].str()});
    if (std::regex_match(line, part, missing)) all.push_back({part[1], {}});
  }
  return all;
}

bool is_inside(const fs::path& file, const fs::path& folder) {
  return fs::weakly_canonical(file).string().starts_with(fs::weakly_canonical(folder).string() + "/");
}

/// What belongs to the node's CUDA toolkit and NCCL, of which it must have the ones that fit its driver.
bool is_of_the_toolkit(const std::string& name) {
  return name.starts_with("libcudart.so") || name.starts_with("libnvJitLink.so") || name.starts_with("libnccl.so");
}

/// What a bare node has: the C and C++ libraries, and Open MPI with all that it drags along.
std::set<std::string> expected_of_the_node() {
  std::set<std::string> names{"libc.so.6",       "libm.so.6",  "libstdc++.so.6", "libgcc_s.so.1",
                              "libpthread.so.0", "libdl.so.2", "librt.so.1"};
  for (const auto& direct : needed_by(unpacked() / "bin" / "runner")) {
    if (!direct.name.starts_with("libmpi.so")) continue;
    names.insert(direct.name);
    for (const auto& dragged : needed_by(direct.found)) names.insert(dragged.name);
  }
  return names;
}

TEST(Archive, HasEveryLibraryThatABareNodeLacks) {
  const auto of_the_node = expected_of_the_node();
  ASSERT_THAT(of_the_node, Contains(StartsWith("libmpi.so")));
  const auto binaries = binaries_below(unpacked());
  ASSERT_GT(binaries.size(), 25U);
  std::set<std::string> bundled;
  for (const auto& binary : binaries) {
    // What is bundled is asked about through its users: alone it has no path to its neighbours.
    if (binary.parent_path().filename() == "deps") continue;
    for (const auto& [name, found] : needed_by(binary)) {
      if (is_inside(found, unpacked())) {
        bundled.insert(name.substr(0, name.find(".so")));
      } else if (!is_of_the_toolkit(name)) {
        EXPECT_THAT(of_the_node, Contains(name)) << binary << " takes it from " << found;
      }
    }
  }
  EXPECT_THAT(bundled, IsSupersetOf({"libarbiter", "libyaml-cpp", "libglpk", "libfmt", "libspdlog"}));
}

/// The C and C++ libraries, Open MPI, CUDA and NCCL.
bool is_left_to_the_node(const std::string& library) {
  static const std::regex known("ld-linux.*|lib(c|m|dl|rt|pthread|stdc[+][+]|gcc_s|mpi)[.]so.*");
  return std::regex_match(library, known) || is_of_the_toolkit(library);
}

TEST(Archive, NamesNoLibraryThatItHasNotButTheNodesOwn) {
  std::set<std::string> own;
  for (const auto& file : fs::recursive_directory_iterator(unpacked())) own.insert(file.path().filename().string());
  for (const auto& binary : binaries_below(unpacked())) {
    for (const auto& library : libraries_named_by(binary)) {
      EXPECT_TRUE(own.contains(library) || is_left_to_the_node(library)) << binary << " needs " << library;
    }
  }
}

TEST(Archive, ItsLibzServesGlpkAndNotTheNodesOpenMpi) {
  EXPECT_TRUE(fs::exists(unpacked() / LIBDIR / "arbiter/deps/lp/libz.so.1"));
  for (const auto& [name, found] : needed_by(unpacked() / "bin/runner")) {
    if (!name.starts_with("libz.so")) continue;
    EXPECT_FALSE(is_inside(found, unpacked())) << found;
  }
  bool has_own = false;
  for (const auto& [name, found] : needed_by(unpacked() / PLUGINS / "heuristic_lp.so")) {
    has_own = has_own || (name.starts_with("libz.so") && is_inside(found, unpacked()));
  }
  EXPECT_TRUE(has_own);
}

/// The newest GLIBC_2.x that a file names; 0 for none.
int newest_glibc_of(const fs::path& binary) {
  static const std::regex version(R"(GLIBC_2[.](\d+))");
  const auto symbols = output_of({OBJDUMP, "-T", binary});
  int newest = 0;
  for (auto at = std::sregex_iterator(symbols.begin(), symbols.end(), version); at != std::sregex_iterator(); ++at) {
    newest = std::max(newest, std::stoi((*at)[1]));
  }
  return newest;
}

TEST(Archive, RunsWithTheCLibraryOfUbuntu2204) {
  constexpr int newest_allowed = 35;
  constexpr int debian_12 = 36;
  const std::string own = ::gnu_get_libc_version();
  if (std::stoi(own.substr(own.find('.') + 1)) > debian_12) {
    GTEST_SKIP() << "packages for other machines are built on Debian 12 or older; this one has the C library " << own;
  }
  int newest = 0;
  for (const auto& binary : binaries_below(unpacked())) {
    const int needed = newest_glibc_of(binary);
    EXPECT_LE(needed, newest_allowed) << binary;
    newest = std::max(newest, needed);
  }
  EXPECT_GE(newest, 17) << "no symbol was found";
}

TEST(Archive, LeavesToTheNodeWhatMustBeTheNodes) {
  for (const auto& file : fs::directory_iterator(unpacked() / LIBDIR / "arbiter/deps")) {
    for (const char* not_ours : {"libc.so", "libstdc++", "libmpi", "libopen-", "libcuda", "libnccl", "libz.so"}) {
      EXPECT_THAT(file.path().filename().string(), Not(StartsWith(not_ours)));
    }
  }
}

TEST(Archive, BeginsWithAReadmeWhoseFirstCommandWorksThere) {
  const auto text = read_file(unpacked() / "README.md");
  std::smatch command;
  ASSERT_TRUE(std::regex_search(text, command, std::regex("```sh\n(.+)\n```")));
  const auto planned =
      output_of({"sh", "-c", "cd '" + unpacked().string() + "' && " + command[1].str() + " --dry-run"});
  EXPECT_THAT(planned, HasSubstr("cells to measure"));
  static const std::regex path("`(share/[a-z/.-]+)`");
  for (auto named = std::sregex_iterator(text.begin(), text.end(), path); named != std::sregex_iterator(); ++named) {
    EXPECT_TRUE(fs::exists(unpacked() / (*named)[1].str())) << (*named)[1];
  }
}

TEST(Archive, IsSmallAndStripped) {
  // The runtime's kernels, for three architectures, are about 6 MB of it.
  for (const auto& file : files_below(fs::path(WORK) / "packages")) EXPECT_LT(fs::file_size(file), 24U << 20U) << file;
  for (const auto& binary : binaries_below(unpacked())) {
    EXPECT_THAT(output_of({READELF, "-S", binary}), Not(HasSubstr(".symtab"))) << binary;
  }
}

/// PATH with every program of this machine but gnuplot, by links in `folder`.
std::string path_without_gnuplot(const fs::path& folder) {
  fs::create_directories(folder);
  std::istringstream parts(std::getenv("PATH"));
  for (std::string part; std::getline(parts, part, ':');) {
    if (!fs::is_directory(part)) continue;
    for (const auto& program : fs::directory_iterator(part)) {
      const auto name = program.path().filename();
      if (name.string().starts_with("gnuplot") || fs::is_symlink(folder / name)) continue;
      fs::create_symlink(program.path(), folder / name);
    }
  }
  return "PATH=" + folder.string();
}

TEST(Archive, ItsRunnerSweepsWithoutGnuplotAndSaysSoInOneLine) {
  const test::TempDir folder;
  const auto out = folder.path() / "out";
  const auto sweep = folder.write("sweep.yaml",
                                  "backend: host\n"
                                  "problems: {tp_size: 2, dtype: bfloat16, fusion: [NONE, RESIDUAL_RMS_NORM], "
                                  "hidden_size: [64, 100], num_tokens: [1, 8]}\n"
                                  "measurement: {time_target_ms: 5, min_samples: 3, min_sample_us: 20}\n"
                                  "output_dir: " +
                                      out.string() + "\n");
  const auto result =
      run({unpacked() / "bin/runner", "--config", sweep}, {path_without_gnuplot(folder.path() / "bin")});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_GT(lines_of(read_file(out / "benchmark.tp2.cpu.csv")).size(), 16U);
  EXPECT_TRUE(fs::exists(out / "gen_heuristic_code/generated_lookup_table.cpp"));
  EXPECT_FALSE(fs::exists(out / "viz"));
  const auto lines = lines_of(result.output);
  EXPECT_EQ(std::ranges::count_if(lines, [](const auto& line) { return line.find("gnuplot") != std::string::npos; }), 1)
      << result.output;
  EXPECT_THAT(result.output, HasSubstr("pictures are skipped"));
}

}  // namespace
}  // namespace arbiter::testing
