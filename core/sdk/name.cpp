// SPDX-License-Identifier: Apache-2.0
#include "arbiter/name.hpp"

#include <functional>
#include <mutex>
#include <shared_mutex>
#include <unordered_set>

namespace arbiter {

namespace {

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

struct Texts {
  std::shared_mutex mutex;
  std::unordered_set<std::string, Hash, std::equal_to<>> texts;
};

/// Never destroyed: names may outlive every other static object.
Texts& texts() {
  static auto* const all = new Texts;
  return *all;
}

}  // namespace

const std::string* Name::stored(std::string_view text) {
  if (text.empty()) return nullptr;
  Texts& all = texts();
  {
    const std::shared_lock lock(all.mutex);
    if (const auto found = all.texts.find(text); found != all.texts.end()) return &*found;
  }
  const std::unique_lock lock(all.mutex);
  return &*all.texts.emplace(text).first;
}

const std::string& Name::empty_text() {
  static const auto* const text = new std::string;
  return *text;
}

}  // namespace arbiter
