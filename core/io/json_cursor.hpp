// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace arbiter {

/// A value in a JSON file and its place, for messages like "decision.json: selectors.0.look_up: found 3, allowed: a
/// text". All functions throw DataError. `json` must outlive it.
class JsonCursor {
 public:
  JsonCursor(const nlohmann::json& json, std::string file, std::string path = {})
      : json_(json), file_(std::move(file)), path_(std::move(path)) {}

  [[nodiscard]] const nlohmann::json& json() const { return json_; }
  /// The value of a required key.
  [[nodiscard]] JsonCursor at(const std::string& key) const;
  /// The elements of a list.
  [[nodiscard]] std::vector<JsonCursor> items() const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::int64_t integer(std::int64_t lowest, std::int64_t highest) const;
  /// A list of positive whole numbers, each larger than the one before it.
  [[nodiscard]] std::vector<std::int64_t> ascending() const;

  /// Throws with the value found here and `allowed`.
  [[noreturn]] void refuse(const std::string& allowed) const;
  /// The same with another text for what was found.
  [[noreturn]] void refuse(const std::string& found, const std::string& allowed) const;

 private:
  [[nodiscard]] JsonCursor below(const std::string& step, const nlohmann::json& json) const;

  const nlohmann::json& json_;
  std::string file_;
  std::string path_;
};

}  // namespace arbiter
