#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml_tree.hpp"

namespace arbiter {

/// Told what is wrong with a value and where; the key is known to whoever listens.
using Reporter = std::function<void(const YamlMark& mark, const std::string& text)>;

/// Each reads one value and checks it against `allowed` (as in ParameterSpec). Nothing if it complained.
[[nodiscard]] std::optional<bool> read_boolean(const YamlNode& node, const Reporter& report);
[[nodiscard]] std::optional<std::int64_t> read_integer(const YamlNode& node, std::string_view allowed,
                                                       const Reporter& report);
[[nodiscard]] std::optional<double> read_real(const YamlNode& node, std::string_view allowed, const Reporter& report);
[[nodiscard]] std::optional<std::string> read_text(const YamlNode& node, std::string_view allowed,
                                                   const Reporter& report);

/// A list, or one value for a list of one.
[[nodiscard]] std::optional<std::vector<std::string>> read_texts(const YamlNode& node, std::string_view allowed,
                                                                 const Reporter& report);
/// A list, one value, {from, to, factor} or {from, to, step}; never more than `most_values`.
[[nodiscard]] std::optional<std::vector<std::int64_t>> read_integers(const YamlNode& node, std::string_view allowed,
                                                                     const Reporter& report);
inline constexpr std::size_t most_values = 100'000;

}  // namespace arbiter
