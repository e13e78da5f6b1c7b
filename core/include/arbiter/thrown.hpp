#pragma once

#include <exception>
#include <string>

namespace arbiter {

/// Inside a catch (...) block: what was thrown, as text for a person, never empty. A plugin may throw anything.
[[nodiscard]] inline std::string what_was_thrown() {
  try {
    throw;
  } catch (const std::exception& error) {
    const std::string text = error.what();
    return text.empty() ? "it threw an error without words" : text;
  } catch (...) {
    return "it threw something that is no std::exception";
  }
}

}  // namespace arbiter
