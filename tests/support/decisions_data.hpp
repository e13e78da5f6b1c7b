// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/heuristic.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter::test {

inline Measurement decision_row(Problem problem, std::string strategy, double time_us) {
  Measurement row;
  row.problem = std::move(problem);
  row.strategy = std::move(strategy);
  row.time_us = time_us;
  return row;
}

/// Behind a neighbour, as engines run: what sinks for engines read.
inline Measurement engine_context_row(Problem problem, std::string strategy, double time_us, bool graph = true) {
  Measurement row = decision_row(std::move(problem), std::move(strategy), time_us);
  row.setting.context = Context::engine;
  row.setting.graph = graph;
  return row;
}

inline Measurement failed_row(Problem problem, std::string strategy) {
  Measurement row = decision_row(std::move(problem), std::move(strategy), Measurement::none);
  row.failed = true;
  return row;
}

/// tp 2, bfloat16, NONE.
inline Problem cell_of(std::int64_t hidden_size, std::int64_t num_tokens) {
  return {2, DType::bfloat16, "NONE", hidden_size, num_tokens};
}

inline std::vector<std::int64_t> powers_of_two(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> values;
  for (std::int64_t value = from; value <= to; value *= 2) values.push_back(value);
  return values;
}

/// A selector that is a function.
class FunctionSelector : public Selector {
 public:
  FunctionSelector(std::string name, std::function<std::string(const Problem&)> choose)
      : name_(std::move(name)), choose_(std::move(choose)) {}
  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string select(const Problem& problem) const override { return choose_(problem); }
  [[nodiscard]] std::string report() const override { return name_ + " says nothing"; }

 private:
  std::string name_;
  std::function<std::string(const Problem&)> choose_;
};

/// An object of the plugin in one file, through the loader; parameters are YAML texts.
template <class Kind>
std::shared_ptr<Kind> load_plugin(const std::string& file,
                                  const std::vector<std::pair<std::string, std::string>>& values = {}) {
  PluginHost host;
  host.load_file(file);
  const PluginEntry& entry = host.entries().at(0);
  if (!entry.refused.empty()) throw std::runtime_error(entry.refused);
  Parameters parameters{std::span<const ParameterSpec>(entry.parameters)};
  for (const auto& [name, value] : values) {
    for (const ParameterSpec& spec : entry.parameters) {
      if (spec.name == name) parameters.set_from_text(spec, value);
    }
  }
  return host.create_as<Kind>(entry, parameters);
}

}  // namespace arbiter::test
