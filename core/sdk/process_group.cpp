// SPDX-License-Identifier: Apache-2.0
#include "arbiter/process_group.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

namespace arbiter {

ProcessGroup::~ProcessGroup() = default;

double ProcessGroup::max(double value) {
  max(std::span(&value, 1));
  return value;
}

double ProcessGroup::min(double value) { return -max(-value); }

bool ProcessGroup::all(bool condition) { return max(condition ? 0.0 : 1.0) == 0.0; }

std::string ProcessGroup::broadcast(std::string text, int root) {
  std::uint64_t length = text.size();
  broadcast(&length, sizeof length, root);
  text.resize(length);
  broadcast(text.data(), length, root);
  return text;
}

std::vector<std::string> ProcessGroup::all_gather(const std::string& text) {
  std::vector<std::string> texts;
  texts.reserve(static_cast<std::size_t>(size()));
  for (int root = 0; root < size(); ++root) texts.push_back(broadcast(text, root));
  return texts;
}

std::string first_failure(const Failure& own, ProcessGroup& group) {
  if (group.all(own.empty())) return {};
  const bool only_timeouts = group.all(own.empty() || own.timed_out);
  const std::string text = own.timed_out && !only_timeouts ? std::string() : std::string(own);
  const auto all = group.all_gather(text);
  const auto first = std::find_if(all.begin(), all.end(), [](const auto& each) { return !each.empty(); });
  return fmt::format("rank {}: {}", first - all.begin(), *first);
}

}  // namespace arbiter
