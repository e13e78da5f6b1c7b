#pragma once

#include <string_view>

namespace arbiter::log {

/// One line for a person: results to standard output, remarks and errors to standard error.
void say(std::string_view line);
void warn(std::string_view line);
void error(std::string_view line);

}  // namespace arbiter::log
