// SPDX-License-Identifier: Apache-2.0
// Which folders may include which: core's rooms are layers, and plugins see installed headers only.
#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"

namespace arbiter {
namespace {

namespace fs = std::filesystem;

const fs::path source = SOURCE;

/// The rooms of core, lower layers first. A room includes itself and lower layers.
const std::map<std::string, int> layers = {
    {"include", 0}, {"sdk", 1},  {"model", 2},   {"io", 3},    {"config", 4},   {"comm", 4},      {"plugin", 4},
    {"host", 4},    {"cuda", 4}, {"measure", 5}, {"sweep", 6}, {"contract", 7}, {"supervise", 8}, {"runner", 9}};
/// Within one layer.
const std::set<std::pair<std::string, std::string>> neighbours = {{"config", "plugin"}};

std::vector<fs::path> sources_below(const fs::path& folder) {
  static const std::set<fs::path> extensions = {".cpp", ".hpp", ".cu", ".cuh", ".in"};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && extensions.contains(entry.path().extension())) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> includes_of(const fs::path& file) {
  static const std::regex include("(^|\n)[ \t]*#[ \t]*include[ \t]*\"([^\"]+)\"");
  const std::string text = read_file(file);
  std::vector<std::string> includes;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), include); match != std::sregex_iterator(); ++match) {
    includes.push_back((*match)[2].str());
  }
  return includes;
}

/// The room that an include of a file of `room` names.
std::string room_of(const std::string& include, const std::string& room) {
  const auto slash = include.find('/');
  if (slash == std::string::npos) return room;
  const std::string first = include.substr(0, slash);
  return first == "arbiter" ? "include" : first;
}

TEST(Layers, OfCoreIncludeThemselvesAndLowerOnesOnly) {
  std::size_t checked = 0;
  for (const fs::path& file : sources_below(source / "core")) {
    const fs::path name = file.lexically_relative(source / "core");
    const std::string room = name.begin()->string();
    ASSERT_TRUE(layers.contains(room)) << name << " is in a room without a layer";
    for (const std::string& include : includes_of(file)) {
      ++checked;
      const std::string other = room_of(include, room);
      ASSERT_TRUE(layers.contains(other)) << name << " includes " << include;
      const bool allowed = other == room || layers.at(other) < layers.at(room) || neighbours.contains({room, other});
      EXPECT_TRUE(allowed) << name << " includes " << include << ", which is in a higher layer or beside it";
    }
  }
  EXPECT_GT(checked, 300U);
}

TEST(Layers, OfPluginsAreOnInstalledHeaders) {
  std::size_t checked = 0;
  for (const char* kind : {"strategies", "fusions", "heuristics", "plugins"}) {
    auto files = sources_below(source / kind);
    // The gaps of TensorRT-LLM's table are filled by lut's fit, of the engine's kernels instead of the run's
    // strategies.
    if (std::string_view(kind) == "plugins") {
      for (auto& file : sources_below(source / "heuristics/lut")) files.push_back(std::move(file));
    }
    // Installed headers, generated device code, and headers of the same kind.
    const auto is_allowed = [&](const std::string& include) {
      if (include.starts_with("arbiter/")) {
        return fs::exists(source / "core/include" / include) ||
               fs::exists(source / "plugins/sinks/plots/include" / include);
      }
      const auto has_name = [&](const fs::path& file) { return file.string().ends_with("/" + include); };
      return include.starts_with("device_code/") || std::ranges::any_of(files, has_name);
    };
    for (const fs::path& file : sources_below(source / kind)) {
      for (const std::string& include : includes_of(file)) {
        ++checked;
        EXPECT_TRUE(is_allowed(include)) << file.lexically_relative(source) << " includes " << include;
      }
    }
  }
  EXPECT_GT(checked, 300U);
}

TEST(Layers, OfTheRuntimeAreOnItsOwnSourcesAndHeadersOfThePartsItCompiles) {
  std::size_t checked = 0;
  for (const fs::path& file : sources_below(source / "runtime")) {
    for (const std::string& include : includes_of(file)) {
      ++checked;
      const std::string first = fs::path(include).begin()->string();
      const bool allowed =
          std::set<std::string>{"arbiter", "code", "cuda_common", "oneshot", "twoshot", "rms_norm"}.contains(first) ||
          fs::exists(source / "runtime/src" / include) || fs::exists(file.parent_path() / include) ||
          fs::exists(source / "runtime/src" / (include.substr(0, include.rfind('.')) + ".cpp.in")) ||
          fs::exists(source / "plugins/backends/cuda" / include);
      EXPECT_TRUE(allowed) << file.lexically_relative(source) << " includes " << include;
    }
  }
  EXPECT_GT(checked, 50U);
  for (const char* folder : {"core", "strategies", "fusions", "heuristics", "plugins"}) {
    for (const fs::path& file : sources_below(source / folder)) {
      for (const std::string& include : includes_of(file)) {
        EXPECT_NE(include, "arbiter/runtime.h") << file.lexically_relative(source);
      }
    }
  }
}

}  // namespace
}  // namespace arbiter
