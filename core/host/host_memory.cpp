// SPDX-License-Identifier: Apache-2.0
#include "arbiter/host/host_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace arbiter {

namespace {

constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

/// The first number of a file; nothing if the file does not exist or has "max".
std::optional<std::int64_t> number_in(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::int64_t number = 0;
  if (stream >> number) return number;
  return std::nullopt;
}

/// The number after `key` in a file of lines "key number" or "key: number kB".
std::optional<std::int64_t> number_of(const std::filesystem::path& file, const std::string& key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind(key, 0) != 0) continue;
    return std::strtoll(line.c_str() + key.size(), nullptr, 10);
  }
  return std::nullopt;
}

struct Layout {
  const char* limit;
  const char* usage;
  const char* reclaimable;  ///< file cache, which counts as usage but can be reclaimed
};
constexpr Layout version_1 = {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "};
constexpr Layout version_2 = {"memory.max", "memory.current", "inactive_file "};

std::int64_t left_in(const std::filesystem::path& group, const Layout& layout) {
  const auto limit = number_in(group / layout.limit);
  const auto usage = number_in(group / layout.usage);
  if (!limit || !usage) return unlimited;
  const std::int64_t cache = number_of(group / "memory.stat", layout.reclaimable).value_or(0);
  return std::max<std::int64_t>(0, *limit - std::max<std::int64_t>(0, *usage - cache));
}

/// The least of a group and its parents. In a container the path is often the host's and does not exist below the
/// mount; the parts that exist count.
std::int64_t left_around(const std::filesystem::path& mount, std::filesystem::path group, const Layout& layout) {
  std::int64_t left = left_in(mount, layout);
  for (group = group.relative_path(); !group.empty(); group = group.parent_path()) {
    left = std::min(left, left_in(mount / group, layout));
  }
  return left;
}

}  // namespace

std::int64_t free_host_memory(const std::filesystem::path& root) {
  std::int64_t left = unlimited;
  if (const auto kib = number_of(root / "proc/meminfo", "MemAvailable:")) left = *kib * 1024;

  const std::filesystem::path mount = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::filesystem::path group = line.substr(second + 1);
    if (controllers.empty()) left = std::min(left, left_around(mount, group, version_2));
    if (controllers == "memory") left = std::min(left, left_around(mount / "memory", group, version_1));
  }
  return left;
}

}  // namespace arbiter
