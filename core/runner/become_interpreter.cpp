// SPDX-License-Identifier: Apache-2.0
#include "become_interpreter.hpp"

#include <cerrno>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "config/interpreter.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/search_path.hpp"
#include "supervise/launcher_link.hpp"
#include "sweep/part.hpp"

namespace arbiter {

namespace {

/// Without a launcher there is one set of ranks, which can do one part. Why that is not enough; empty if it is.
std::string why_too_many(const std::vector<Part>& parts) {
  if (parts.size() == 1) return {};
  std::string list;
  for (const auto& part : parts) {
    if (part.measures) list += (list.empty() ? "" : "; ") + to_string(part);
  }
  return fmt::format(
      "this sweep needs fresh ranks for each of its {} parts ({}): start runner without mpirun or srun, and it starts "
      "them, or call it once for each tp size and interpreter (--set problems.tp_size=...)",
      parts.size() - 1, list);
}

/// The interpreter that a checked plugin asks for: that of `--set python=...`, or the default of its parameter.
void find_interpreter_of_check(const Options& options) {
  constexpr int keep = 0;
  PluginHost plugins(PluginHost::Loading::after_trial);
  plugins.load_file(options.check);
  for (const auto& spec : plugins.entries().front().parameters) {
    if (spec.name != interpreter_parameter) continue;
    std::string name = spec.default_value;
    const auto key = fmt::format("{}=", interpreter_parameter);
    for (const auto& override : options.overrides) {
      if (override.starts_with(key)) name = override.substr(key.size());
    }
    const auto found = find_interpreter(name);
    if (!found.unusable.empty()) {
      throw ConfigError(
          fmt::format("--check: {}: found {}; allowed: CPython 3.9 or newer, as in --set {}/opt/venv/bin/python",
                      interpreter_parameter, found.unusable, key));
    }
    ::setenv(python_variable, found.path.c_str(), keep);
  }
}

/// Without a launcher each rank finds out by itself what the only part is. A rank that cannot read the configuration
/// (on another host, say) leaves that to rank 0.
std::string find_part(const Options& options) {
  std::vector<Part> parts;
  try {
    const auto text = read_config(options);
    PluginHost plugins(PluginHost::Loading::after_trial);
    load_plugins(plugins, options, text.plugin_dirs());
    const auto config = make_config(options, text, plugins, true);
    constexpr int any_number = 1 << 20;  // how many ranks there are is not known yet
    parts = parts_of(config, any_number);
  } catch (const Error&) {
    return {};  // it is thrown again where all ranks can report it as one
  }
  if (auto reason = why_too_many(parts); !reason.empty()) return reason;
  ::setenv(part_variable, encoded(parts.front()).c_str(), 1);
  constexpr int keep = 0;
  if (!parts.front().interpreter.empty()) ::setenv(python_variable, parts.front().interpreter.c_str(), keep);
  return {};
}

/// As `-m arbiter.rank` does, but the current folder, in which a user may have a copy.py, is never looked into.
constexpr const char* start_rank =
    "import sys\n"
    "if not getattr(sys.flags, 'safe_path', False): del sys.path[0]\n"
    "from arbiter.rank import main\n"
    "main()\n";

[[noreturn]] void replace_by(const std::string& interpreter, int argc, char** argv) {
  const char* own = std::getenv("PYTHONPATH");
  auto path = python_package_dir().string();
  if (own != nullptr && *own != '\0') path += std::string(":") + own;
  ::setenv("PYTHONPATH", path.c_str(), 1);
  std::vector<std::string> words{interpreter, "-c", start_rank, rank_library().string()};
  words.insert(words.end(), argv + 1, argv + argc);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(interpreter.c_str(), arguments.data());
  throw SystemError("start " + interpreter, errno);
}

}  // namespace

std::string become_interpreter(const Options& options, int argc, char** argv) {
  if (!options.check.empty()) {
    find_interpreter_of_check(options);
  } else if (std::getenv(part_variable) == nullptr) {
    if (auto reason = find_part(options); !reason.empty()) return reason;
  }
  const char* interpreter = std::getenv(python_variable);
  if (interpreter != nullptr && *interpreter != '\0') replace_by(interpreter, argc, argv);
  return {};
}

}  // namespace arbiter
