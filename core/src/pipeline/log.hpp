#pragma once

#include <string_view>

#include "arbiter/export.hpp"

namespace arbiter::log {

/// One line for a person: results to standard output, remarks and errors to standard error.
ARBITER_EXPORT void say(std::string_view line);
ARBITER_EXPORT void warn(std::string_view line);
ARBITER_EXPORT void error(std::string_view line);

}  // namespace arbiter::log
