// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "support/process.hpp"

namespace arbiter::test {

/// The folder of this tree's tests.
inline std::filesystem::path tests_folder() { return std::filesystem::path(CONFIGS).parent_path() / "tests"; }

/// Why an engine's own code cannot be asked; empty if it can. `distribution` is the package's name on PyPI.
inline std::string why_not_asked(const std::string& package, const std::string& distribution,
                                 const std::string& release) {
  const auto script = tests_folder() / "support/engine_source.py";
  const auto found = testing::run({"python3", script.string(), package, distribution, release});
  return found.exit_code == 0 ? found.output : "python3 does not run: " + found.output;
}

/// What a Python program says first to use tests/support/engine_source.py, and then the scripts of these paths below
/// the folder of tests.
inline std::string engine_scripts(const std::vector<std::string>& paths) {
  std::string text = fmt::format("import sys\nsys.path.insert(0, {:?})\n", (tests_folder() / "support").string());
  for (const std::string& path : paths) text += read_file(tests_folder() / path);
  return text;
}

}  // namespace arbiter::test
