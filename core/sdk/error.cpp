#include "arbiter/error.hpp"

#include <system_error>

namespace arbiter {

Error::~Error() = default;
ConfigError::~ConfigError() = default;
DataError::~DataError() = default;
PluginError::~PluginError() = default;
TimeoutError::~TimeoutError() = default;
SystemError::~SystemError() = default;

SystemError::SystemError(const std::string& action, int error_number)
    : Error("cannot " + action + ": " + std::generic_category().message(error_number)) {}

}  // namespace arbiter
