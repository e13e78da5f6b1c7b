#include "lut/lut.hpp"

#include <fmt/format.h>

#include "arbiter/regret.hpp"
#include "lut/argmin_table.hpp"
#include "lut/stable_table.hpp"

namespace arbiter {

namespace {

std::shared_ptr<const TableSelector> fit_argmin(const Dataset& dataset, const std::string& fallback) {
  auto selector =
      std::make_shared<TableSelector>("lut", argmin_table(dataset), TableSelector::OffGrid::fallback, fallback);
  std::size_t cells = 0;
  std::size_t regions = 0;
  for (const LabelBlock& block : selector->table().blocks()) {
    cells += block.cells();
    regions += block.regions();
  }
  selector->set_report(fmt::format("lut (argmin): {} cells, {} regions; elsewhere {}\n  regret: {}", cells, regions,
                                   fallback, to_string(regret_of(*selector, dataset))));
  return selector;
}

std::shared_ptr<const TableSelector> fit_stable(const Dataset& dataset, double tie_percent,
                                                const std::string& fallback) {
  std::vector<LabelBlock> blocks;
  std::string lines;
  StableBlock total;
  std::size_t regions = 0;
  for (const CellBlock& block : cell_blocks(dataset, "lut")) {
    StableBlock stable = stable_labels(block, tie_percent);
    const std::size_t own_regions = stable.labels.regions();
    lines += fmt::format("\n  {}: {} cells, {} regions (plain: {}), {} by ties", to_string(block.key), stable.cells,
                         own_regions, stable.argmin_regions, stable.ties_used);
    total.cells += stable.cells;
    total.argmin_regions += stable.argmin_regions;
    total.ties_used += stable.ties_used;
    regions += own_regions;
    blocks.push_back(std::move(stable.labels));
  }
  auto selector =
      std::make_shared<TableSelector>("lut", LabelTable(std::move(blocks)), TableSelector::OffGrid::nearest, fallback);
  selector->set_report(fmt::format(
      "lut (stable, ties within {} %): {} cells, {} regions (plain: {}), {} cells decided by ties; other tp sizes and "
      "fusions {}\n  regret: {}{}",
      tie_percent, total.cells, regions, total.argmin_regions, total.ties_used, fallback,
      to_string(regret_of(*selector, dataset)), lines));
  return selector;
}

}  // namespace

std::shared_ptr<const TableSelector> fit_lut(const Dataset& dataset, const LutOptions& options) {
  const std::string fallback = fallback_strategy(options.fallback, dataset);
  return options.mode == LutOptions::Mode::argmin ? fit_argmin(dataset, fallback)
                                                  : fit_stable(dataset, options.tie_percent, fallback);
}

}  // namespace arbiter
