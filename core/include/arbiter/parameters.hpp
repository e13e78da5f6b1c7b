// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "arbiter/export.hpp"

namespace arbiter {

enum class ParameterType : std::uint8_t { boolean, integer, real, text, integer_list, text_list };

/// "true or false", "integer", "number", "text", "list of integers", "list of texts".
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(ParameterType type);

/// A parameter that a plugin takes from the YAML below its name. Plain data: it is read before any code of the plugin
/// runs. Strings are never freed; use literals.
struct ParameterSpec {
  const char* name;  ///< not a kind ("strategy", "fusion", ...) and not "table_id": those keys belong to the runner
  ParameterType type;
  const char* default_value;  ///< as written in YAML, without quotes: "2", "argmin", "[1, 2]"
  const char* allowed;        ///< "a|b|c" for text; "1..64", "0.1..50", "0|8.." for numbers; "" for anything
  const char* help;           ///< one line, shown by `runner --list NAME`
  const char* example = "";   ///< a value as written in YAML, where neither `allowed` nor the default shows one
};

using ParameterValue =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<std::string>>;

/// The checked values of a plugin's parameters, with defaults filled in. A plugin's constructor gets them. A value; not
/// synchronised.
class ARBITER_EXPORT Parameters {
 public:
  /// The value of a parameter. All throw std::logic_error for a name or a type that the plugin does not declare. The
  /// references live as long as this object.
  [[nodiscard]] bool boolean(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] double real(std::string_view name) const;
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] const std::vector<std::int64_t>& integers(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& texts(std::string_view name) const;

  Parameters() = default;
  /// Every parameter at its default. Throws PluginError for a default that does not parse, a parameter without a name,
  /// and a name that occurs twice.
  explicit Parameters(std::span<const ParameterSpec> specs);
  /// Sets a value from text that is written as ParameterSpec::default_value is; for tests of a plugin. Throws
  /// ConfigError: found, allowed.
  void set_from_text(const ParameterSpec& spec, std::string_view text);
  /// Sets a value that was read and checked against the spec; for the runner.
  void set(const ParameterSpec& spec, ParameterValue value);
  [[nodiscard]] const std::map<std::string, ParameterValue, std::less<>>& values() const { return values_; }

 private:
  std::map<std::string, ParameterValue, std::less<>> values_;
};

}  // namespace arbiter
