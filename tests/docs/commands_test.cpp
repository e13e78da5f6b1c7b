// SPDX-License-Identifier: Apache-2.0
// Every command in README.md, CONTRIBUTING.md and docs/. Blocks of the language `sh` are run, in a fresh clone with the
// build folder that is there (clone/), or in an empty folder beside an installed prefix. before/<page>.sh makes what
// the reader of a page has. Blocks of the language `console` are not run here; their commands are below, with the
// reason.
#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "docs/pages.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

struct NotRun {
  std::string page;
  std::string command;  ///< how it begins
  std::string why;
};

const std::vector<NotRun> not_run = {
    {"cluster.md", "mpirun --hostfile hosts", "other hosts"},
    {"cluster.md", "srun --mpi=pmix", "SLURM"},
    {"engine-tables.md", "NCCL_TUNER_PLUGIN=", "GPUs, and a program with NCCL"},
    {"README.md", "NCCL_NVLS_ENABLE=0 LD_PRELOAD=", "GPUs, and a server"},
    {"runtime.md", "export NCCL_NVLS_ENABLE=0", "of the next one"},
    {"runtime.md", "LD_PRELOAD=libarbiter_nccl.so", "GPUs, and PyTorch"},
    {"runtime.md", "mpirun -n 2 -x LD_PRELOAD=libarbiter_nccl.so", "GPUs, and nccl-tests"},
    {"runtime.md", "export PYTHONPATH=/usr/share/arbiter/python", "an installed package"},
    {"runtime.md", "cp -r /usr/share/arbiter/python", "an installed package"},
    {"runtime.md", "cp -r /usr/share/arbiter/python", "an installed package"},
    {"runtime.md", "ARBITER_VLLM=1", "GPUs, and vLLM"},
    {"runtime.md", "torchrun --nproc_per_node=2", "GPUs, and PyTorch"},
    {"reliability.md", "tests/benchmarks/large_data.py", "minutes, and gigabytes of disk"},
};

/// The pages whose commands are run by tests of their own, which also look at what they leave.
const std::set<std::string> with_own_tests = {"writing-a-plugin.md", "engines.md", "library.md"};

std::vector<fs::path> pages_for_a_clone() {
  std::vector<fs::path> found;
  for (const auto& page : pages()) {
    if (!blocks_in(page, "sh").empty() && !is_for_a_prefix(page)) found.push_back(page);
  }
  return found;
}

constexpr const char* make_clone = SOURCE "/tests/docs/clone/make_clone.sh";

/// What the stand-ins of clone/ and mpirun need.
std::vector<std::string> environment() {
  std::vector<std::string> variables = {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"};
  variables.emplace_back("REAL_BUILD=" BUILD);
  variables.emplace_back("REAL_CMAKE=" CMAKE);
  variables.emplace_back("REAL_CTEST=" CTEST);
  return variables;
}

class PageInAFreshClone : public ::testing::TestWithParam<fs::path> {};

TEST_P(PageInAFreshClone, HasCommandsThatWork) {
  if (run({"git", "-C", SOURCE, "rev-parse"}).exit_code != 0) GTEST_SKIP() << "not a clone: an unpacked archive";
  const auto& page = GetParam();
  const bool needs_history = read_file(page).find("git show ") != std::string::npos;
  if (needs_history && run({"git", "-C", SOURCE, "cat-file", "-e", "4aa5b3e"}).exit_code != 0) {
    GTEST_SKIP() << "a clone without history";
  }
  const test::TempDir folder;
  const auto clone = folder.path() / "clone";
  const auto made = run({"bash", make_clone, SOURCE, BUILD, clone});
  ASSERT_EQ(made.exit_code, 0) << made.output;

  const auto before = fs::path(SOURCE) / "tests/docs/before" / (page.stem().string() + ".sh");
  const std::string path = "export PATH=$PWD/build/bin:$PATH\n";
  const auto finished = run_page(page, clone, path + (fs::exists(before) ? read_file(before) : ""), environment());
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  // A block without a language, right below commands, is what they print.
  int below_commands = 0;
  for (const Block& block : blocks_of(page)) {
    if (block.language.empty() && block.line == below_commands) {
      EXPECT_THAT(finished.output, HasSubstr(block.text)) << page << ":" << block.line;
    }
    const auto lines = static_cast<int>(std::ranges::count(block.text, '\n'));
    below_commands = block.language == "sh" ? block.line + lines + 3 : 0;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, PageInAFreshClone, ::testing::ValuesIn(pages_for_a_clone()), [](const auto& tested) {
  std::string name = tested.param.stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(Pages, ForAPrefixHaveTestsOfTheirOwn) {
  std::set<std::string> found;
  for (const auto& page : pages()) {
    if (is_for_a_prefix(page)) found.insert(page.filename());
  }
  EXPECT_EQ(found, with_own_tests);
}

TEST(Pages, HaveNoCommandsUnderAnotherNameOfTheShell) {
  const std::set<std::string> others = {"bash", "shell", "zsh", "shell-session", "sh-session", "terminal"};
  for (const auto& page : pages()) {
    for (const Block& block : blocks_of(page)) {
      EXPECT_FALSE(others.contains(block.language)) << page << ":" << block.line << ": commands are sh, or console";
      if (block.language == "console") {
        EXPECT_TRUE(block.text.starts_with("$ ")) << page << ":" << block.line << ": which of it are commands?";
      }
    }
  }
}

TEST(Pages, NameHereWhatIsNotRunAndWhy) {
  std::vector<NotRun> left = not_run;
  for (const auto& page : pages()) {
    for (const Block& block : blocks_of(page)) {
      if (block.language != "console") continue;
      std::istringstream lines(block.text);
      for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("$ ")) continue;
        const auto named = std::ranges::find_if(left, [&](const NotRun& command) {
          return command.page == page.filename() && line.starts_with("$ " + command.command);
        });
        ASSERT_NE(named, left.end()) << page << ":" << block.line << ": " << line << ": why is it not run?";
        left.erase(named);
      }
    }
  }
  EXPECT_TRUE(left.empty()) << left.front().page << " has no more: " << left.front().command;
}

TEST(Pages, NameOptionsThatTheRunnerHas) {
  const auto help = run({BUILD "/bin/runner", "--help"}).output;
  static const std::regex command("(`|\\$ |\n)runner ([^`\n#]*)");
  static const std::regex option("--[a-z][a-z_-]*");
  int named = 0;
  for (const auto& page : pages()) {
    const std::string text = read_file(page);
    for (std::sregex_iterator at(text.begin(), text.end(), command), end; at != end; ++at) {
      const std::string words = (*at)[2];
      for (std::sregex_iterator word(words.begin(), words.end(), option); word != end; ++word) {
        ++named;
        EXPECT_THAT(help, HasSubstr(word->str())) << page << ": " << at->str();
      }
    }
  }
  EXPECT_GT(named, 40);
}

TEST(Pages, NameCommandsThatDevHas) {
  const auto help = run({"bash", SOURCE "/dev", "help"}).output;
  static const std::regex command("[.]/dev ([a-z]+)");
  int named = 0;
  for (const auto& page : pages()) {
    const std::string text = read_file(page);
    for (std::sregex_iterator at(text.begin(), text.end(), command), end; at != end; ++at) {
      ++named;
      EXPECT_TRUE((*at)[1] == "help" || help.find(at->str()) != std::string::npos) << page << ": " << at->str();
    }
  }
  EXPECT_GT(named, 10);
}

}  // namespace
}  // namespace arbiter::testing
