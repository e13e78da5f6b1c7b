// SPDX-License-Identifier: Apache-2.0
#include "missing_adapters.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/interpreter.hpp"
#include "plugin/search_path.hpp"

namespace arbiter {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr const char* adapter_parameter = "adapter";  // of the strategy PYTHON
constexpr const char* marker = "arbiter-misses ";
constexpr const char* question =
    "sys.path.insert(0, sys.argv[1])\n"
    "from arbiter.missing import main\n"
    "main(sys.argv[2:])\n";

/// The adapters that one interpreter is to run, and the strategies that need each.
struct Users {
  Interpreter interpreter;
  std::vector<std::string> adapters;
  std::vector<std::vector<std::string>> strategies;
};

std::vector<Users> users_of(const Config& config) {
  std::vector<Users> all;
  for (const auto& choice : config.strategies) {
    const auto found = choice.parameters.values().find(adapter_parameter);
    const auto* adapter =
        found == choice.parameters.values().end() ? nullptr : std::get_if<std::string>(&found->second);
    if (adapter == nullptr || adapter->empty() || choice.interpreter.path.empty()) continue;
    if (!choice.interpreter.unusable.empty()) continue;  // the plan skips it and says so
    const auto same = [&](const Users& users) { return users.interpreter.path == choice.interpreter.path; };
    auto users = std::ranges::find_if(all, same);
    if (users == all.end()) users = all.insert(users, {choice.interpreter, {}, {}});
    const auto at = std::ranges::find(users->adapters, *adapter) - users->adapters.begin();
    if (at == std::ssize(users->adapters)) {
      users->adapters.push_back(*adapter);
      users->strategies.emplace_back();
    }
    users->strategies[static_cast<std::size_t>(at)].push_back(choice.name);
  }
  return all;
}

}  // namespace

std::vector<std::string> missing_adapters(const Config& config) {
  std::vector<std::string> lines;
  for (const auto& [interpreter, adapters, strategies] : users_of(config)) {
    std::vector<std::string> arguments{python_package_dir().string()};
    arguments.insert(arguments.end(), adapters.begin(), adapters.end());
    const auto answer = run_script(interpreter.path, question, arguments, patience);
    if (answer.too_late) {
      lines.push_back(fmt::format("{}: no answer in {} s which modules it has", interpreter.path, patience.count()));
      continue;
    }
    std::istringstream output(answer.output);
    for (std::string line; std::getline(output, line);) {
      if (!line.starts_with(marker)) continue;
      std::istringstream words(line.substr(std::strlen(marker)));
      std::size_t number = 0;
      std::string missing;
      if (!(words >> number >> std::ws) || number >= adapters.size() || !std::getline(words, missing)) continue;
      lines.push_back(fmt::format("{}: {} ({}; {})", adapters[number], missing, fmt::join(strategies[number], ", "),
                                  interpreter.path));
    }
  }
  return lines;
}

}  // namespace arbiter
