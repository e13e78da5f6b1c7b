#pragma once

#include <exception>
#include <string>

namespace arbiter {

/// Inside a catch (...) block: what a plugin threw, as text for a person.
[[nodiscard]] inline std::string what_was_thrown() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "it threw something that is no std::exception";
  }
}

}  // namespace arbiter
