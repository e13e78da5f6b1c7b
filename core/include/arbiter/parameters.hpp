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

[[nodiscard]] ARBITER_EXPORT std::string_view name_of(ParameterType type);

/// A parameter a plugin takes from the YAML under its name. Plain data, so that it can be read before any code of
/// the plugin runs.
struct ParameterSpec {
  const char* name;  ///< not that of a kind ("strategy", "fusion", ...) and not "table_id": those are the YAML's own
  ParameterType type;
  const char* default_value;  ///< as written in YAML, without quotes: "2", "argmin", "[1, 2]"
  const char* allowed;        ///< "a|b|c" for text; "1..64", "0.1..50", "0|8.." for numbers; "" for anything
  const char* help;
};

using ParameterValue =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<std::string>>;

/// The checked values of one plugin's parameters, defaults filled in.
class ARBITER_EXPORT Parameters {
 public:
  Parameters() = default;
  /// Every parameter at its default. Throws PluginError if a default does not parse.
  explicit Parameters(std::span<const ParameterSpec> specs);

  /// Sets a value that was read and checked against the spec.
  void set(const ParameterSpec& spec, ParameterValue value);
  /// Sets a value from text written as ParameterSpec::default_value is. Throws ConfigError: found, allowed.
  void set_from_text(const ParameterSpec& spec, std::string_view text);

  /// Throw std::logic_error for a name or type the plugin did not declare.
  [[nodiscard]] bool boolean(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] double real(std::string_view name) const;
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] const std::vector<std::int64_t>& integers(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& texts(std::string_view name) const;

  [[nodiscard]] const std::map<std::string, ParameterValue, std::less<>>& values() const { return values_; }

 private:
  std::map<std::string, ParameterValue, std::less<>> values_;
};

}  // namespace arbiter
