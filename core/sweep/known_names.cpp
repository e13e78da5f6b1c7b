// SPDX-License-Identifier: Apache-2.0
#include "sweep/known_names.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/published_ids.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

void add_new(std::vector<std::string>& names, std::vector<std::string> more) {
  for (std::string& name : more) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
}

/// A line for each name that looks like a slip, and one for all others.
std::vector<std::string> about(const char* kind, const std::vector<std::string>& found,
                               const std::vector<std::string>& known) {
  constexpr const char* unknown = "which is none of TensorRT-LLM's and of no plugin here";
  std::vector<std::string> lines;
  std::vector<std::string> others;
  for (const std::string& name : found) {
    if (std::ranges::find(known, name) != known.end()) continue;
    if (const auto near = nearest(name, known)) {
      lines.push_back(fmt::format("the data have the {} {}, {}; did you mean {}?", kind, name, unknown, *near));
    } else {
      others.push_back(name);
    }
  }
  if (!others.empty()) {
    lines.push_back(fmt::format("the data have the {} {}, {}; known are {}", kind, fmt::join(others, ", "), unknown,
                                fmt::join(known, ", ")));
  }
  return lines;
}

}  // namespace

std::vector<std::string> unknown_names(const Dataset& rows, const Config& config, const PluginHost& plugins) {
  Dataset foreign;
  for (const Measurement& row : rows.rows()) {
    if (row.run_id.empty()) foreign.add(row);
  }
  std::vector<std::string> strategies = plugins.names(PluginKind::strategy);
  for (const auto& choice : config.strategies) add_new(strategies, {choice.name});
  add_new(strategies, published_strategies());
  std::vector<std::string> fusions = plugins.names(PluginKind::fusion);
  add_new(fusions, published_fusions());
  std::vector<std::string> lines = about("strategy", foreign.strategies(), strategies);
  add_new(lines, about("fusion", foreign.fusions(), fusions));
  return lines;
}

}  // namespace arbiter
