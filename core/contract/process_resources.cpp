#include "contract/process_resources.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include <fmt/format.h>

namespace arbiter {

namespace {

std::int64_t entries_of(const char* dir) {
  std::error_code error;
  std::int64_t count = 0;
  for (std::filesystem::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) ++count;
  return count;
}

std::int64_t lines_of(const char* name) {
  std::ifstream file(name);
  return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
}

}  // namespace

ProcessResources ProcessResources::now() {
  ProcessResources held;
  held.descriptors = entries_of("/proc/self/fd");
  held.mappings = lines_of("/proc/self/maps");
  held.threads = entries_of("/proc/self/task");
  return held;
}

std::string leak_of(int rounds, const std::function<void()>& round) {
  constexpr int warm_up = 3;
  constexpr int times = 3;
  constexpr std::int64_t much = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < warm_up; ++i) round();
  ProcessResources least{much, much, much};
  for (int time = 0; time < times; ++time) {
    const auto before = ProcessResources::now();
    for (int i = 0; i < rounds; ++i) round();
    const auto after = ProcessResources::now();
    for (const auto what : {&ProcessResources::descriptors, &ProcessResources::mappings, &ProcessResources::threads}) {
      least.*what = std::min(least.*what, (after.*what - before.*what) / rounds);
    }
  }
  if (least.descriptors > 0) return fmt::format("{} file descriptors a round", least.descriptors);
  if (least.mappings > 0) return fmt::format("{} mappings a round", least.mappings);
  if (least.threads > 0) return fmt::format("{} threads a round", least.threads);
  return {};
}

}  // namespace arbiter
