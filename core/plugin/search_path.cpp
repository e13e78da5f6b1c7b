// SPDX-License-Identifier: Apache-2.0
#include "plugin/search_path.hpp"

#include <cstdlib>
#include <sstream>
#include <string>

#include <boost/dll/runtime_symbol_info.hpp>

#include "arbiter/tensor.hpp"

namespace arbiter {

namespace fs = std::filesystem;

namespace {

fs::path library_dir() {
  // unit_roundoff is in libarbiter; the function here may be linked into any program.
  return fs::weakly_canonical(boost::dll::symbol_location(unit_roundoff)).parent_path();
}

}  // namespace

fs::path built_in_plugin_dir() { return library_dir() / "arbiter" / "plugins"; }

fs::path rank_library() { return library_dir() / "libarbiter_rank.so"; }

fs::path python_package_dir() { return library_dir() / "arbiter" / "python"; }

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
