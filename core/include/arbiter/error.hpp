// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <stdexcept>
#include <string>

#include "arbiter/export.hpp"

namespace arbiter {

/// The exit code of the runner.
enum class ExitCode : int {
  done = 0,
  failed = 1,  ///< the run could not be finished
  usage = 2,   ///< the command line or the configuration is wrong; nothing was run
};

/// Base of every error Arbiter throws. `what()` is one line for people: where, what was found, what is allowed.
class ARBITER_EXPORT Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~Error() override;
  /// The runner's exit code if this error ends it.
  [[nodiscard]] virtual ExitCode exit_code() const noexcept { return ExitCode::failed; }
};

/// The command line or the YAML is wrong. The message starts with `file:line: key:` where there is a file. A plugin's
/// constructor throws it, without a place, for parameters that do not fit one another; the runner adds the place.
class ARBITER_EXPORT ConfigError : public Error {
 public:
  using Error::Error;
  ~ConfigError() override;
  [[nodiscard]] ExitCode exit_code() const noexcept override { return ExitCode::usage; }
};

/// A data file is malformed, or the data do not allow what is asked. The message starts with `file:line: column:` where
/// there is a file.
class ARBITER_EXPORT DataError : public Error {
 public:
  using Error::Error;
  ~DataError() override;
};

/// A plugin could not be loaded or broke its contract. The message starts with the plugin's path where it is known.
class ARBITER_EXPORT PluginError : public Error {
 public:
  using Error::Error;
  ~PluginError() override;
};

/// A wait exceeded its bound. The message names the rank, the epoch and the peer waited for.
class ARBITER_EXPORT TimeoutError : public Error {
 public:
  using Error::Error;
  ~TimeoutError() override;
};

/// A call to the operating system failed.
class ARBITER_EXPORT SystemError : public Error {
 public:
  /// `action` says what was tried on what ("open /x/y.csv"); the system's text for `error_number` is appended.
  SystemError(const std::string& action, int error_number);
  ~SystemError() override;
};

/// To be called inside a catch (...) block: the text of what was thrown, never empty. A plugin may throw anything.
[[nodiscard]] inline std::string what_was_thrown() {
  try {
    throw;
  } catch (const std::exception& error) {
    const std::string text = error.what();
    return text.empty() ? "it threw an error without a text" : text;
  } catch (...) {
    return "it threw something that is no std::exception";
  }
}

}  // namespace arbiter
