#include "plugin/search_path.hpp"

#include <cstdlib>
#include <sstream>
#include <string>

#include <boost/dll/runtime_symbol_info.hpp>

namespace arbiter {

namespace fs = std::filesystem;

fs::path built_in_plugin_dir() {
  return fs::weakly_canonical(boost::dll::this_line_location()).parent_path() / "arbiter" / "plugins";
}

std::vector<fs::path> environment_plugin_dirs() {
  std::vector<fs::path> dirs;
  const char* path = std::getenv("ARBITER_PLUGIN_PATH");
  std::istringstream parts(path == nullptr ? "" : path);
  for (std::string part; std::getline(parts, part, ':');) {
    if (!part.empty()) dirs.emplace_back(part);
  }
  return dirs;
}

}  // namespace arbiter
