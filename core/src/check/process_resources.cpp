#include "check/process_resources.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <malloc.h>

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
  const auto heap = ::mallinfo2();
  ProcessResources held;
  held.heap_bytes = static_cast<std::int64_t>(heap.uordblks + heap.hblkhd);
  held.descriptors = entries_of("/proc/self/fd");
  held.mappings = lines_of("/proc/self/maps");
  held.threads = entries_of("/proc/self/task");
  return held;
}

std::string leak_of(int rounds, std::int64_t bytes, const std::function<void()>& round) {
  constexpr int warm_up = 3;
  for (int i = 0; i < warm_up; ++i) round();
  const auto before = ProcessResources::now();
  for (int i = 0; i < rounds; ++i) round();
  const auto after = ProcessResources::now();
  const auto grew = [&](std::int64_t ProcessResources::*what) { return (after.*what - before.*what) / rounds; };
  if (const auto heap = grew(&ProcessResources::heap_bytes); heap > bytes) {
    return fmt::format("{} bytes of heap a round", heap);
  }
  if (const auto files = grew(&ProcessResources::descriptors); files > 0) {
    return fmt::format("{} file descriptors a round", files);
  }
  if (const auto maps = grew(&ProcessResources::mappings); maps > 0) return fmt::format("{} mappings a round", maps);
  if (const auto threads = grew(&ProcessResources::threads); threads > 0) {
    return fmt::format("{} threads a round", threads);
  }
  return {};
}

}  // namespace arbiter
