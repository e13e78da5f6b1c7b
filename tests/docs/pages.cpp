// SPDX-License-Identifier: Apache-2.0
#include "docs/pages.hpp"

#include <algorithm>
#include <fstream>

#include "arbiter/files.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {

namespace fs = std::filesystem;

std::vector<Block> blocks_of(const fs::path& page) {
  std::vector<Block> blocks;
  bool inside = false;
  int number = 0;
  std::ifstream text(page);
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), "", number});
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

std::vector<std::string> blocks_in(const fs::path& page, const std::string& language) {
  std::vector<std::string> texts;
  for (const Block& block : blocks_of(page)) {
    if (block.language == language) texts.push_back(block.text);
  }
  return texts;
}

std::vector<fs::path> pages() {
  const fs::path source = SOURCE;
  std::vector<fs::path> found = {source / "README.md", source / "CONTRIBUTING.md"};
  for (const auto& entry : fs::directory_iterator(source / "docs")) {
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

bool is_for_a_prefix(const fs::path& page) {
  const auto commands = blocks_in(page, "sh");
  return !commands.empty() && commands.front().starts_with("export ARBITER_PREFIX=");
}

Finished run_page(const fs::path& page, const fs::path& folder, const std::string& before,
                  const std::vector<std::string>& environment) {
  std::string script = "set -eo pipefail\nunset CI\ncd '" + folder.string() + "'\n" + before;
  for (const std::string& block : blocks_in(page, "sh")) script += block;
  const test::TempDir aside;
  return run({"bash", aside.write("page.sh", script)}, environment);
}

Finished run_page_with_prefix(const fs::path& page, const fs::path& folder, std::vector<std::string> environment) {
  environment.emplace_back("ARBITER_PREFIX=" PREFIX);
  environment.emplace_back("CXX=" CXX);
  environment.emplace_back("CXXFLAGS=" CXX_FLAGS);
  environment.emplace_back("CMAKE_GENERATOR=" GENERATOR);
  environment.emplace_back("CMAKE_BUILD_PARALLEL_LEVEL=2");
  return run_page(page, folder, "", environment);
}

}  // namespace arbiter::testing
