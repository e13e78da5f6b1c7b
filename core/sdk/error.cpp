// SPDX-License-Identifier: Apache-2.0
#include "arbiter/error.hpp"

#include <system_error>

namespace arbiter {

// Defined here, so that each class has its type information once, in libarbiter, for all plugins.
Error::~Error() = default;
ConfigError::~ConfigError() = default;
DataError::~DataError() = default;
PluginError::~PluginError() = default;
TimeoutError::~TimeoutError() = default;
SystemError::~SystemError() = default;

SystemError::SystemError(const std::string& action, int error_number)
    : Error("cannot " + action + ": " + std::generic_category().message(error_number)) {}

}  // namespace arbiter
