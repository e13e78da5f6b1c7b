// SPDX-License-Identifier: Apache-2.0
#include "lp/lp.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "common/cross_validation.hpp"
#include "common/table_selector.hpp"
#include "lp/byte_thresholds.hpp"
#include "lp/engine_thresholds.hpp"
#include "lp/regions.hpp"
#include "lp/strategy_order.hpp"

namespace arbiter {

namespace {

using Blocks = std::vector<const CellBlock*>;
using BlocksByTpAndFusion = std::map<int, std::map<std::string, Blocks>>;

BlocksByTpAndFusion by_tp_and_fusion(const std::vector<CellBlock>& blocks) {
  BlocksByTpAndFusion result;
  for (const CellBlock& block : blocks) result[block.key.tp_size][block.key.fusion].push_back(&block);
  return result;
}

/// The tables of both shapes (regions and bytes) and lines of the report.
struct Fit {
  DecisionTable regions;
  DecisionTable bytes;
  std::string lines;
};

std::string exceptions_text(std::size_t count) {
  if (count == 0) return {};
  return fmt::format("; {} cells have no time for the choice and keep their fastest strategy", count);
}

std::vector<std::string> order_for(const Blocks& blocks, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return strategy_order(blocks);
  std::vector<std::string> order;
  for (const std::string& name : wanted) {
    const bool measured = std::ranges::any_of(blocks, [&](const CellBlock* block) {
      return std::ranges::find(block->strategies, name) != block->strategies.end();
    });
    if (measured) order.push_back(name);
  }
  return order;
}

void fit_regions(const CellBlock& block, const std::vector<std::string>& order, const MonotoneRule& rule, Fit& fit) {
  BlockRegions regions = block_regions(block, order, rule);
  RegionLabels& labels = regions.labels;
  if (labels.cells == 0) return;
  fit.lines += fmt::format("\n    {}: {}: {} regions, {}{}{}", name_of(block.key.dtype), labels.solution.status,
                           arbiter::regions(labels.grid), labels.excess.text(), exceptions_text(labels.exceptions),
                           regions.monotone ? "" : "; not monotone: " + regions.why_not);
  fit.regions.grids.push_back(std::move(labels.grid));
}

void report_token_cutoffs(const CellBlock& block, const std::vector<std::string>& order, Fit& fit) {
  const RegionLabels cutoffs = token_cutoffs(block, order);
  if (cutoffs.cells == 0) return;
  fit.lines += fmt::format("\n    {} by tokens, {}{}: {}", name_of(block.key.dtype), cutoffs.excess.text(),
                           exceptions_text(cutoffs.exceptions), token_cutoffs_text(cutoffs.grid));
}

void fit_fusion(const Blocks& blocks, const LpOptions& options, Fit& fit) {
  const std::vector<std::string> order = order_for(blocks, options.order);
  const BlockKey& key = blocks.front()->key;
  if (order.empty()) {
    fit.lines += fmt::format("\n  tp {}, {}: no strategy of `order` was measured", key.tp_size, key.fusion);
    return;
  }
  fit.lines += fmt::format("\n  tp {}, {}: order {}", key.tp_size, key.fusion, fmt::join(order, " < "));
  for (const CellBlock* block : blocks) fit_regions(*block, order, options.monotone, fit);
  for (const CellBlock* block : blocks) report_token_cutoffs(*block, order, fit);
  const ByteThresholds thresholds = byte_thresholds(blocks, order);
  fit.lines += fmt::format("\n    by bytes, {}{}: {}", thresholds.excess.text(),
                           exceptions_text(thresholds.exceptions.size()), thresholds.text());
  add_to(fit.bytes, thresholds, blocks);
}

void report_engine_rule(const std::map<std::string, Blocks>& by_fusion, Fit& fit) {
  Blocks all;
  for (const auto& [fusion, blocks] : by_fusion) all.insert(all.end(), blocks.begin(), blocks.end());
  if (const auto rule = engine_thresholds(all)) {
    fit.lines += fmt::format("\n  tp {}, all fusions: {}, {}", rule->tp_size, rule->text(), rule->excess.text());
  }
}

Fit fit_blocks(const Dataset& dataset, const LpOptions& options, const std::string& fallback) {
  const std::vector<CellBlock> blocks = cell_blocks(dataset, "lp");
  Fit fit{{options.look_up.value_or(LookUp::nearest), {}, {}, fallback}, {LookUp::message_size, {}, {}, fallback}, {}};
  for (const auto& [tp_size, by_fusion] : by_tp_and_fusion(blocks)) {
    for (const auto& [fusion, of_fusion] : by_fusion) fit_fusion(of_fusion, options, fit);
    report_engine_rule(by_fusion, fit);
  }
  const std::vector<std::string> measured = dataset.strategies();
  if (fit.regions.grids.empty()) {
    throw DataError(fmt::format("lp: order: found {}, allowed: strategies of the data ({})",
                                fmt::join(options.order, ", "), fmt::join(measured, ", ")));
  }
  for (const std::string& name : options.order) {
    if (std::ranges::find(measured, name) == measured.end()) {
      fit.lines += fmt::format("\n  order: {} was not measured", name);
    }
  }
  return fit;
}

/// The regions alone, for cross-validation.
DecisionTable region_table(const Dataset& dataset, const LpOptions& options, const std::string& fallback) {
  const std::vector<CellBlock> blocks = cell_blocks(dataset, "lp");
  DecisionTable table{LookUp::nearest, {}, {}, fallback};
  for (const auto& [tp_size, by_fusion] : by_tp_and_fusion(blocks)) {
    for (const auto& [fusion, of_fusion] : by_fusion) {
      const std::vector<std::string> order = order_for(of_fusion, options.order);
      if (order.empty()) continue;
      for (const CellBlock* block : of_fusion) {
        table.grids.push_back(block_regions(*block, order, options.monotone).labels.grid);
      }
    }
  }
  return table;
}

}  // namespace

std::shared_ptr<const Selector> fit_lp(const Dataset& dataset, const LpOptions& options) {
  const std::string fallback = fallback_strategy(options.fallback, dataset);
  Fit fit = fit_blocks(dataset, options, fallback);
  const bool uses_bytes = options.shape == LpOptions::Shape::bytes;
  std::string rule(name_of(fit.regions.look_up));
  if (!options.look_up && !uses_bytes) {
    LookUpChoice choice = choose_look_up(
        CrossValidation(dataset, [&](const Dataset& data) { return region_table(data, options, fallback); }));
    fit.regions.look_up = choice.look_up;
    rule = std::move(choice.text);
  }
  const auto regions = std::make_shared<TableSelector>("lp", std::move(fit.regions));
  const auto bytes = std::make_shared<TableSelector>("lp", std::move(fit.bytes));
  const auto& chosen = uses_bytes ? bytes : regions;
  chosen->set_report(
      fmt::format("lp (GLPK, dual simplex, integral optimum; selects by {}){}\n  look-up of regions: {}\n  regret of "
                  "regions: {}\n  "
                  "regret of bytes:   {}{}",
                  uses_bytes ? "bytes" : "regions", options.note, rule, to_string(regret_of(*regions, dataset)),
                  to_string(regret_of(*bytes, dataset)), fit.lines));
  return chosen;
}

}  // namespace arbiter
