// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/plugin_host.hpp"

namespace arbiter {

/// The parameter by which a strategy plugin asks for ranks that run in a Python: a text, the interpreter. Empty: none.
inline constexpr std::string_view interpreter_parameter = "python";

/// A Python that ranks can run in, or why they cannot.
struct Interpreter {
  std::string path;      ///< absolute. Links are kept: the python of a virtual environment is one.
  std::string version;   ///< "3.12.3"
  std::string unusable;  ///< what was found instead of a CPython 3.9 or newer; empty for a usable one

  /// "python 3.12.3 /opt/venv/bin/python".
  [[nodiscard]] std::string version_line() const { return "python " + version + " " + path; }
};

/// Whether a plugin's strategy runs in an interpreter. Such a strategy is measured and tried where somebody names it
/// and says what it calls; by itself it is none.
[[nodiscard]] bool needs_interpreter(const PluginEntry& strategy);

/// What a program printed on both streams.
struct ProgramAnswer {
  std::string output;
  std::string errors;  ///< also why it could not be started
  bool too_late = false;
};

/// Runs a Python script that does not look into the current folder for its modules. What takes longer than `patience`
/// is killed.
[[nodiscard]] ProgramAnswer run_script(const std::string& interpreter, const std::string& script,
                                       const std::vector<std::string>& arguments, std::chrono::seconds patience);

/// Finds an interpreter as a shell does (over PATH, unless the name has a slash) and starts it once to ask what it is,
/// which takes a moment. What it finds is no reason to throw.
[[nodiscard]] Interpreter find_interpreter(const std::string& name);

}  // namespace arbiter
