// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>

#include <unistd.h>

namespace arbiter::nccl {

namespace {

std::string text_of(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// What the variable says, or `fallback` where it says nothing or nonsense.
template <class Number>
Number number_of(const char* name, Number fallback) {
  const std::string text = text_of(name);
  if (text.empty()) return fallback;
  Number number = fallback;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end && number >= 0) return number;
  std::fprintf(stderr, "arbiter: %s: found %s; allowed: a whole number from 0; taken: %s\n", name, text.c_str(),
               std::to_string(fallback).c_str());
  return fallback;
}

Settings read_settings() {
  Settings read;
  const std::string disable = text_of("ARBITER_DISABLE");
  read.disabled = !disable.empty() && disable != "0";
  read.info = text_of("ARBITER_DEBUG") == "INFO";
  read.nccl_library = text_of("ARBITER_NCCL_LIBRARY");
  read.runtime_library = text_of("ARBITER_RUNTIME_LIBRARY");
  read.reserve_bytes = number_of("ARBITER_RESERVE_BYTES", read.reserve_bytes);
  read.concurrent_communicators = number_of("ARBITER_CONCURRENT_COMMUNICATORS", read.concurrent_communicators);
  return read;
}

/// One write, so that lines of several ranks do not mix.
void print(const char* level, std::string_view text) {
  const std::string line = "arbiter [" + std::to_string(getpid()) + "] " + level + " " + std::string(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

/// Whether a text is new. After many, nothing is: a log must not grow with every call.
bool is_new(const std::string& text) {
  constexpr std::size_t most = 2000;
  static std::mutex mutex;
  static auto* known = new std::set<std::string>;  // lives as long as the process: calls come at exit, too
  const std::lock_guard lock(mutex);
  return known->size() < most && known->insert(text).second;
}

}  // namespace

const Settings& settings() {
  static const auto* read = new Settings(read_settings());
  return *read;
}

void warn(std::string_view text) { print("WARN", text); }

void info(std::string_view text) {
  if (settings().info) print("INFO", text);
}

void warn_once(const std::string& text) {
  if (is_new(text)) warn(text);
}

void info_once(const std::string& text) {
  if (settings().info && is_new(text)) info(text);
}

}  // namespace arbiter::nccl
