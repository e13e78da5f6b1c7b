// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace arbiter {

/// 64 bits in 16 hexadecimal digits (FNV-1a); the same on every machine. Of parts, as of all of them in one text.
class TextHash {
 public:
  void add(std::string_view part) {
    for (const char c : part) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  [[nodiscard]] std::string text() const { return fmt::format("{:016x}", hash_); }

 private:
  std::uint64_t hash_ = 14695981039346656037U;
};

[[nodiscard]] inline std::string text_hash(std::string_view text) {
  TextHash hash;
  hash.add(text);
  return hash.text();
}

}  // namespace arbiter
