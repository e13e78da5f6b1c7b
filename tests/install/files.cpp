// SPDX-License-Identifier: Apache-2.0
#include "install/files.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "arbiter/files.hpp"
#include "support/process.hpp"

namespace arbiter::testing {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_symlink() && entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::vector<fs::path> binaries_below(const fs::path& folder) {
  auto files = files_below(folder);
  std::erase_if(files, [](const fs::path& file) {
    return !read_file(file).starts_with(
        "\x7f"
        "ELF");
  });
  return files;
}

std::vector<std::string> libraries_named_by(const fs::path& binary) {
  std::vector<std::string> names;
  for (const auto& line : lines_of(output_of({READELF, "-d", binary}))) {
    const auto open = line.find('[');
    if (line.find("(NEEDED)") == std::string::npos || open == std::string::npos) continue;
    names.push_back(line.substr(open + 1, line.rfind(']') - open - 1));
  }
  return names;
}

std::vector<std::string> plugin_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& file : files_below(folder)) {
    if (file.extension() == ".so") names.push_back(file.stem());
  }
  return names;
}

std::string output_of(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  const auto result = run(command, environment);
  if (result.exit_code == 0) return result.output;
  std::string words;
  for (const auto& word : command) words += word + " ";
  throw std::runtime_error(words + "ended with " + std::to_string(result.exit_code) + ":\n" + result.output);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace arbiter::testing
