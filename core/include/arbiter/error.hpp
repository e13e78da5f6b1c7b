#pragma once

#include <exception>
#include <stdexcept>
#include <string>

#include "arbiter/export.hpp"

namespace arbiter {

/// What the process says to its caller when it ends.
enum class ExitCode : int {
  done = 0,
  failed = 1,  ///< the work could not be finished
  usage = 2,   ///< the command line or the configuration is wrong; nothing was run
};

/// Base of every error Arbiter throws. `what()` is one line for a person: where, what was found, what is allowed.
class ARBITER_EXPORT Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~Error() override;
  [[nodiscard]] virtual ExitCode exit_code() const noexcept { return ExitCode::failed; }
};

/// The command line or the YAML is wrong. The message starts with `file:line: key:` where there is one.
class ARBITER_EXPORT ConfigError : public Error {
 public:
  using Error::Error;
  ~ConfigError() override;
  [[nodiscard]] ExitCode exit_code() const noexcept override { return ExitCode::usage; }
};

/// A data file is malformed or does not fit the request. The message starts with `file:line: column:`.
class ARBITER_EXPORT DataError : public Error {
 public:
  using Error::Error;
  ~DataError() override;
};

/// A plugin could not be loaded or broke its contract. The message starts with the plugin's path.
class ARBITER_EXPORT PluginError : public Error {
 public:
  using Error::Error;
  ~PluginError() override;
};

/// A wait was longer than its bound. The message names rank, epoch and the peer waited for.
class ARBITER_EXPORT TimeoutError : public Error {
 public:
  using Error::Error;
  ~TimeoutError() override;
};

/// A call to the operating system failed.
class ARBITER_EXPORT SystemError : public Error {
 public:
  /// `action` is what was tried, with its object ("open /x/y.csv"); the text of `error_number` is appended.
  SystemError(const std::string& action, int error_number);
  ~SystemError() override;
};

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
