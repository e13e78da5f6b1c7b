// SPDX-License-Identifier: Apache-2.0
#include "sweep/part.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "arbiter/error.hpp"
#include "arbiter/names.hpp"

namespace arbiter {

namespace {

using Json = nlohmann::json;
using Key = std::pair<Problem, std::string>;

void number(std::vector<Part>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].number = static_cast<int>(i) + 1;
    parts[i].count = static_cast<int>(parts.size());
  }
}

/// The interpreters that strategies need, in their order, without repetition.
std::vector<Interpreter> interpreters_of(const Config& config) {
  std::vector<Interpreter> found;
  for (const auto& choice : config.strategies) {
    const auto& own = choice.interpreter;
    if (own.path.empty() || !own.unusable.empty()) continue;
    if (std::ranges::find(found, own.path, &Interpreter::path) == found.end()) found.push_back(own);
  }
  return found;
}

/// The usable strategies that need this interpreter, and with `plain` those that need none, in the order of the YAML.
std::vector<std::string> names_of(const Config& config, const std::string& interpreter, bool plain) {
  std::vector<std::string> names;
  for (const auto& choice : config.strategies) {
    const auto& [path, version, unusable] = choice.interpreter;
    const bool is_here = path.empty() ? plain : path == interpreter;
    if (is_here && unusable.empty()) names.push_back(choice.name);
  }
  return names;
}

}  // namespace

bool Part::has(const std::string& strategy) const {
  return std::ranges::find(strategies, strategy) != strategies.end();
}

std::vector<Part> parts_of(const Config& config, int most_ranks) {
  const auto interpreters = interpreters_of(config);
  Part last;
  last.tp_sizes = config.tp_sizes;
  last.ranks = std::clamp(most_ranks, 1, *std::ranges::max_element(config.tp_sizes));
  for (const auto& choice : config.strategies) {
    const auto& why = choice.interpreter.unusable;
    if (!why.empty()) last.unusable[choice.name] = fmt::format("it needs CPython 3.9 or newer; found {}", why);
  }
  std::vector<Part> parts;
  if (interpreters.size() == 1 && config.tp_sizes.size() == 1) {
    last.interpreter = interpreters.front().path;
    last.version = interpreters.front().version;
  } else {
    for (const auto& [path, version, unusable] : interpreters) {
      for (const int tp_size : config.tp_sizes) {
        if (tp_size > most_ranks) continue;  // the last part says so
        const bool plain = path == interpreters.front().path;
        parts.push_back({path, version, {tp_size}, tp_size, names_of(config, path, plain)});
      }
    }
    last.measures = parts.empty();
  }
  last.strategies = names_of(config, last.interpreter, true);
  parts.push_back(std::move(last));
  number(parts);
  return parts;
}

void give_up_interpreter(std::vector<Part>& parts, std::size_t at, const Config& config, const std::string& reason) {
  const std::string interpreter = parts.at(at).interpreter;
  const auto lost = names_of(config, interpreter, false);
  for (std::size_t i = at; i < parts.size(); ++i) {
    auto& part = parts[i];
    if (part.interpreter != interpreter) continue;
    std::erase_if(part.strategies, [&](const auto& name) { return std::ranges::find(lost, name) != lost.end(); });
    part.interpreter.clear();
    part.version.clear();
  }
  for (const auto& name : lost) {
    parts.back().unusable[name] = fmt::format("ranks in {} do not work: {}", interpreter, reason);
  }
  std::erase_if(parts, [](const Part& part) { return part.strategies.empty() && !part.is_last(); });
  number(parts);
}

std::string to_string(const Part& part) {
  auto text = fmt::format("tp {}", fmt::join(part.tp_sizes, ", "));
  if (!part.interpreter.empty()) text += fmt::format(" in {} ({})", part.interpreter, part.version);
  return text;
}

std::string encoded(const Part& part) {
  return json_text(Json{{"interpreter", part.interpreter},
                        {"version", part.version},
                        {"tp_sizes", part.tp_sizes},
                        {"ranks", part.ranks},
                        {"strategies", part.strategies},
                        {"measures", part.measures},
                        {"unusable", part.unusable},
                        {"number", part.number},
                        {"count", part.count}});
}

Part decoded_part(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    Part part;
    json.at("interpreter").get_to(part.interpreter);
    json.at("version").get_to(part.version);
    json.at("tp_sizes").get_to(part.tp_sizes);
    json.at("ranks").get_to(part.ranks);
    json.at("strategies").get_to(part.strategies);
    json.at("measures").get_to(part.measures);
    json.at("unusable").get_to(part.unusable);
    json.at("number").get_to(part.number);
    json.at("count").get_to(part.count);
    return part;
  } catch (const Json::exception& error) {
    throw Error(fmt::format("the part of the sweep that these ranks are for cannot be read: {}", error.what()));
  }
}

std::vector<SkippedCell> reported_by(const Part& part, std::vector<SkippedCell> skipped,
                                     const std::vector<SkippedCell>& reported_before,
                                     const std::vector<Measurement>& rows_before) {
  std::set<Key> known;
  for (const auto& cell : reported_before) known.emplace(cell.problem, cell.strategy);
  std::set<Key> measured;
  for (const auto& row : rows_before) measured.emplace(row.problem, row.strategy);
  std::erase_if(skipped, [&](const SkippedCell& cell) {
    const Key key(cell.problem, cell.strategy);
    if (known.contains(key)) return true;
    if (part.unusable.contains(cell.strategy)) return measured.contains(key);
    return !part.measures && part.has(cell.strategy);
  });
  return skipped;
}

}  // namespace arbiter
