// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "arbiter/decision_table.hpp"

namespace arbiter {

/// Whether a text is the header that the sink cpp_header writes.
[[nodiscard]] bool is_cpp_header(const std::string& text);

/// The decision in such a header: the same answers as its select() gives. Throws DataError: file:line: found, allowed;
/// also for a header that is cut.
[[nodiscard]] DecisionTable read_cpp_header(const std::string& file, const std::string& text);

}  // namespace arbiter
