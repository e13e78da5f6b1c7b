// SPDX-License-Identifier: Apache-2.0
#include "sweep/decision.hpp"

#include <utility>

#include <fmt/format.h>

#include "arbiter/decision_table.hpp"
#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "config/thresholds_file.hpp"
#include "io/cpp_header_file.hpp"
#include "io/cpp_table_file.hpp"
#include "model/table_selector_of.hpp"
#include "plugin/plugin_host.hpp"
#include "sweep/log.hpp"
#include "sweep/strategy_ids.hpp"

namespace arbiter {

namespace {

/// A selector under the name that the configuration gives its heuristic.
class RenamedSelector : public Selector {
 public:
  RenamedSelector(std::string name, std::shared_ptr<const Selector> selector)
      : name_(std::move(name)), selector_(std::move(selector)) {}

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string select(const Problem& problem) const override { return selector_->select(problem); }
  [[nodiscard]] std::string report() const override { return fmt::format("{}: {}", name_, selector_->report()); }
  [[nodiscard]] double predict(const Problem& problem, const std::string& strategy) const override {
    return selector_->predict(problem, strategy);
  }
  [[nodiscard]] const DecisionTable* table() const override { return selector_->table(); }

 private:
  std::string name_;
  std::shared_ptr<const Selector> selector_;
};

}  // namespace

Decision decide(const Config& config, const PluginHost& plugins, const Dataset& dataset) {
  Decision decision;
  for (const auto& choice : config.heuristics) {
    try {
      auto heuristic = make_plugin<Heuristic>(plugins, PluginKind::heuristic, choice.plugin, choice.parameters);
      auto selector = heuristic->fit(dataset);
      if (selector->name() != choice.name)
        selector = std::make_shared<RenamedSelector>(choice.name, std::move(selector));
      decision.heuristics.push_back(std::move(heuristic));
      decision.selectors.push_back(std::move(selector));
    } catch (...) {
      decision.any_failed = true;
      log::error(fmt::format("heuristic {}: {}", choice.name, what_was_thrown()));
    }
  }
  for (const auto& compared : config.compare) {
    try {
      decision.compared.push_back(load_decision_file(compared.file, compared.name, dataset.machine().platform,
                                                     [&](long id) { return strategy_of_id(id, config, plugins); }));
    } catch (const Error& error) {
      decision.any_failed = true;
      log::error(fmt::format("compare: {}: {}", compared.name, error.what()));
    }
  }
  return decision;
}

std::shared_ptr<const Selector> load_decision_file(const std::filesystem::path& file, const std::string& name,
                                                   const std::string& platform, const StrategyOfId& strategy_of_id) {
  std::string path = file.string();
  std::string part;
  // A folder's name may contain # too.
  const std::size_t hash = path.find_last_of("#/");
  if (hash != std::string::npos && path[hash] == '#') {
    part = path.substr(hash + 1);
    path.resize(hash);
  }
  const std::string text = read_file(path);
  if (holds_cpp_tables(text)) {
    const CppTableReading reading{part, platform, strategy_of_id};
    return std::make_shared<TableSelectorOf>(name, read_cpp_table(path, text, reading),
                                             path + "#" + find_cpp_table(path, text, reading));
  }
  const auto expect_no_part = [&] {
    if (!part.empty()) throw DataError(fmt::format("{}: found #{}, allowed: nothing; it has one rule", path, part));
  };
  if (is_cpp_header(text)) {
    expect_no_part();
    return std::make_shared<TableSelectorOf>(name, read_cpp_header(path, text), path);
  }
  // JSON is YAML too: only its key tells a thresholds file.
  if (holds_thresholds(text)) {
    expect_no_part();
    return read_thresholds(path, text, name);
  }
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin != std::string::npos && text[begin] == '{') {
    return std::make_shared<TableSelectorOf>(name, read_decision_json(path, text, part), path);
  }
  throw DataError(fmt::format(
      "{}: found none of the files that hold a decision; allowed: Arbiter's decision.json, a "
      "generated_lookup_table.cpp or header with an AllReduceBestStrategyTableType, Arbiter's "
      "arbiter_decision.hpp, or a thresholds file with NCCL_num_token_threshold and TWO_SHOT_numel_threshold",
      path));
}

}  // namespace arbiter
