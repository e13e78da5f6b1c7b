// SPDX-License-Identifier: Apache-2.0
// What the shared objects show to the rest of the process.
#include <regex>

#include <gmock/gmock.h>

#include "install/files.hpp"

namespace arbiter::testing {
namespace {

using ::testing::ElementsAre;
namespace fs = std::filesystem;

const fs::path prefix = fs::path(WORK) / "moved";

/// Demangled names of the dynamic symbols a shared object defines.
std::vector<std::string> symbols_of(const fs::path& file) {
  std::vector<std::string> names;
  for (const auto& line : lines_of(output_of({NM, "-D", "--defined-only", "-C", file}))) {
    // "<address> <type> <name>"
    const auto type = line.find(' ');
    names.push_back(line.substr(line.find(' ', type + 1) + 1));
  }
  return names;
}

TEST(Symbols, APluginShowsItsDescriptorAndItsFactoryOnly) {
  const auto names = plugin_names(prefix / PLUGINS);
  ASSERT_GT(names.size(), 15U);
  for (const auto& name : names) {
    EXPECT_THAT(symbols_of(prefix / PLUGINS / (name + ".so")),
                ElementsAre("arbiter_plugin_create", "arbiter_plugin_descriptor"))
        << name;
  }
}

TEST(Symbols, TheRankShowsItsEntryOnly) {
  EXPECT_THAT(symbols_of(prefix / LIBDIR / "libarbiter_rank.so"), ElementsAre("arbiter_rank_main"));
}

TEST(Symbols, LibrariesShowTheNamespaceArbiterAndTheirCFunctionsOnly) {
  static const std::regex ours(
      "arbiter_set_python_bridge|"
      "(typeinfo for |typeinfo name for |vtable for |guard variable for |(non-)?virtual thunk to )?arbiter::.*");
  for (const std::string name : {"libarbiter.so", "libarbiter_plots.so"}) {
    const auto symbols = symbols_of(prefix / LIBDIR / name);
    EXPECT_GT(symbols.size(), 10U) << name;
    for (const auto& symbol : symbols) EXPECT_TRUE(std::regex_match(symbol, ours)) << name << ": " << symbol;
  }
}

}  // namespace
}  // namespace arbiter::testing
