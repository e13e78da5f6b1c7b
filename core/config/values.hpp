// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/parameters.hpp"
#include "config/diagnostics.hpp"

namespace arbiter {

/// Each reads one value, checks it against `allowed` (as in ParameterSpec) and reports it if it is wrong; then the
/// result is nothing.
[[nodiscard]] std::optional<bool> read_boolean(const ConfigCursor& cursor);
[[nodiscard]] std::optional<std::int64_t> read_integer(const ConfigCursor& cursor, std::string_view allowed);
[[nodiscard]] std::optional<double> read_real(const ConfigCursor& cursor, std::string_view allowed);
[[nodiscard]] std::optional<std::string> read_text(const ConfigCursor& cursor, std::string_view allowed);

/// A list, or one value for a list of one.
[[nodiscard]] std::optional<std::vector<std::string>> read_texts(const ConfigCursor& cursor, std::string_view allowed);
/// A list, one value, {from, to, factor} or {from, to, step}; never more than `most_values`.
[[nodiscard]] std::optional<std::vector<std::int64_t>> read_integers(const ConfigCursor& cursor,
                                                                     std::string_view allowed);
inline constexpr std::size_t most_values = 100'000;

/// Reads a map of parameters into `parameters`; null sets none. `other_keys` may stand in the map too and are read by
/// the caller.
void read_parameters(const ConfigCursor& cursor, std::span<const ParameterSpec> specs, Parameters& parameters,
                     std::span<const std::string> other_keys = {});

/// Sets one parameter from the YAML of its value. Throws ConfigError, one line per mistake (found, allowed) without a
/// position.
void set_from_yaml(Parameters& parameters, const ParameterSpec& spec, std::string_view yaml);

}  // namespace arbiter
