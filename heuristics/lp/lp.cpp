#include "lp/lp.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "common/table_selector.hpp"
#include "lp/byte_thresholds.hpp"
#include "lp/engine_thresholds.hpp"
#include "lp/monotone_regions.hpp"
#include "lp/strategy_order.hpp"
#include "lp/threshold_selector.hpp"

namespace arbiter {

namespace {

using Blocks = std::vector<const CellBlock*>;

/// Both reductions of a dataset and what there is to say of them.
struct Fit {
  std::vector<LabelBlock> regions;
  std::vector<ByteThresholds> thresholds;
  std::string lines;
};

std::string exceptions_text(std::size_t count) {
  if (count == 0) return {};
  return fmt::format("; {} cells have no time for the monotone choice and keep their own best", count);
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

void fit_regions(const CellBlock& block, const std::vector<std::string>& order, Fit& fit) {
  MonotoneRegions regions = monotone_regions(block, order);
  if (regions.cells == 0) return;
  const std::string optimum =
      regions.exceptions > 0
          ? std::string()
          : fmt::format(", sum of time / best {:.4f}, {:.2f} % above the best of each cell", regions.solution.objective,
                        100.0 * (regions.solution.objective / static_cast<double>(regions.cells) - 1.0));
  fit.lines +=
      fmt::format("\n    {}: {}: {} regions over {} cells{}{}", name_of(block.key.dtype), regions.solution.status,
                  regions.labels.regions(), regions.cells, optimum, exceptions_text(regions.exceptions));
  fit.regions.push_back(std::move(regions.labels));
}

void fit_fusion(const Blocks& blocks, const LpOptions& options, Fit& fit) {
  const std::vector<std::string> order = order_for(blocks, options.order);
  const BlockKey& key = blocks.front()->key;
  if (order.empty()) {
    fit.lines += fmt::format("\n  tp {}, {}: none of the strategies of `order` was measured", key.tp_size, key.fusion);
    return;
  }
  fit.lines += fmt::format("\n  tp {}, {}: order {}", key.tp_size, key.fusion, fmt::join(order, " < "));
  for (const CellBlock* block : blocks) fit_regions(*block, order, fit);
  ByteThresholds thresholds = byte_thresholds(blocks, order);
  fit.lines += fmt::format("\n    by bytes: {}: {}{}", thresholds.solution.status, thresholds.text(),
                           exceptions_text(thresholds.exceptions.size()));
  fit.thresholds.push_back(std::move(thresholds));
}

void fit_engine_rule(const Blocks& blocks, Fit& fit) {
  const std::optional<EngineThresholds> rule = engine_thresholds(blocks);
  if (!rule) return;
  fit.lines += fmt::format("\n  tp {}, all fusions: {}, {:.2f} % above the best of {} cells", rule->tp_size,
                           rule->text(), 100.0 * rule->mean_excess, rule->cells - rule->unmeasured);
  if (rule->unmeasured > 0) fit.lines += fmt::format(" ({} more have no time for its choice)", rule->unmeasured);
}

Fit fit_blocks(const std::vector<CellBlock>& blocks, const LpOptions& options) {
  std::map<int, std::map<std::string, Blocks>> by_tp;
  for (const CellBlock& block : blocks) by_tp[block.key.tp_size][block.key.fusion].push_back(&block);
  Fit fit;
  for (const auto& [tp_size, by_fusion] : by_tp) {
    Blocks all;
    for (const auto& [fusion, of_fusion] : by_fusion) {
      fit_fusion(of_fusion, options, fit);
      all.insert(all.end(), of_fusion.begin(), of_fusion.end());
    }
    fit_engine_rule(all, fit);
  }
  return fit;
}

}  // namespace

std::shared_ptr<const Selector> fit_lp(const Dataset& dataset, const LpOptions& options) {
  const std::string fallback = fallback_strategy(options.fallback, dataset);
  const std::vector<CellBlock> blocks = cell_blocks(dataset, "lp");
  Fit fit = fit_blocks(blocks, options);
  if (fit.regions.empty()) {
    throw DataError(fmt::format("lp: order: found {}, allowed: strategies of the data ({})",
                                fmt::join(options.order, ", "), fmt::join(dataset.strategies(), ", ")));
  }
  for (const std::string& name : options.order) {
    const std::vector<std::string> measured = dataset.strategies();
    if (std::ranges::find(measured, name) == measured.end()) {
      fit.lines += fmt::format("\n  order: {} was not measured", name);
    }
  }
  auto regions = std::make_shared<TableSelector>("lp", LabelTable(std::move(fit.regions)),
                                                 TableSelector::OffGrid::nearest, fallback);
  auto bytes = std::make_shared<ThresholdSelector>(std::move(fit.thresholds), fallback);
  const bool uses_bytes = options.shape == LpOptions::Shape::bytes;
  std::string report = fmt::format(
      "lp (GLPK, dual simplex, whole optimum; selects by {})\n  regret of regions: {}\n  regret of bytes:   {}{}",
      uses_bytes ? "bytes" : "regions", to_string(regret_of(*regions, dataset)), to_string(regret_of(*bytes, dataset)),
      fit.lines);
  if (uses_bytes) {
    bytes->set_report(std::move(report));
    return bytes;
  }
  regions->set_report(std::move(report));
  return regions;
}

}  // namespace arbiter
