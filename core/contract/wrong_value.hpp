// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "arbiter/fusion.hpp"

namespace arbiter {

/// The worst value of a row that Fusion::check_row() rejects: "out[17]: found inf, expected 3.2e+38 within 1.1e+36".
/// The arguments are those of check_row(), and `error` is what it returned. Empty if the fusion compares in another way
/// than by default: then only it knows. Thread-safe.
[[nodiscard]] std::string wrong_value(const Fusion& fusion, const Problem& problem, const Bindings& host,
                                      std::int64_t row, std::span<const double> sum, std::span<const double> tolerance,
                                      double error);

}  // namespace arbiter
