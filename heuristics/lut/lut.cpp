// SPDX-License-Identifier: Apache-2.0
#include "lut/lut.hpp"

#include <utility>

#include <fmt/format.h>

#include "arbiter/regret.hpp"
#include "common/cross_validation.hpp"
#include "lut/bucket_table.hpp"
#include "lut/stable_table.hpp"

namespace arbiter {

namespace {

/// A table, its statistics over all blocks, and a line of the report for each block.
struct Fit {
  DecisionTable table;
  std::size_t regions = 0;
  StableBlock total;
  std::string lines;
};

std::string count_text(std::size_t count, const char* what) {
  return count == 0 ? std::string() : fmt::format(", {} {}", count, what);
}

Fit fit_stable_cells(const Dataset& dataset, double tie_percent, const std::string& fallback) {
  Fit fit{{LookUp::nearest, {}, {}, fallback}, 0, {}, {}};
  for (const CellBlock& block : cell_blocks(dataset, "lut")) {
    StableBlock stable = stable_block(block, tie_percent);
    const std::size_t block_regions = regions(stable.grid);
    fit.lines += fmt::format("\n  {}: {} cells, {} regions (argmin: {}), {} by ties{}{}", to_string(block.key),
                             stable.cells, block_regions, stable.argmin_regions, stable.ties_used,
                             count_text(stable.avoided, "not the fastest, because it failed nearby"),
                             count_text(stable.filled, "gaps filled"));
    fit.regions += block_regions;
    fit.total.cells += stable.cells;
    fit.total.argmin_regions += stable.argmin_regions;
    fit.total.ties_used += stable.ties_used;
    fit.table.grids.push_back(std::move(stable.grid));
  }
  return fit;
}

Fit fit_buckets(const Dataset& dataset, double tie_percent, const std::string& fallback) {
  Fit fit{{LookUp::floor_log2, {}, {}, fallback}, 0, {}, {}};
  for (const CellBlock& block : cell_blocks(dataset, "lut")) {
    BucketBlock buckets = bucket_block(block, tie_percent);
    const std::size_t block_regions = regions(buckets.grid);
    fit.lines += fmt::format(
        "\n  {}: {} buckets, {} regions, mean regret {:.2f} % over {} shapes, {} differ from the best at their "
        "smallest shape{}",
        to_string(block.key), buckets.grid.cells.size(), block_regions, 100.0 * buckets.mean_excess, buckets.shapes,
        buckets.moved, count_text(buckets.filled, "gaps filled"));
    fit.regions += block_regions;
    fit.total.cells += buckets.grid.cells.size();
    fit.table.grids.push_back(std::move(buckets.grid));
  }
  return fit;
}

std::shared_ptr<TableSelector> reported(DecisionTable table, const Dataset& dataset, const std::string& head,
                                        const std::string& lines) {
  auto selector = std::make_shared<TableSelector>("lut", std::move(table));
  selector->set_report(fmt::format("{}\n  regret: {}{}", head, to_string(regret_of(*selector, dataset)), lines));
  return selector;
}

std::shared_ptr<const TableSelector> fit_argmin(const Dataset& dataset, const LutOptions& options,
                                                const std::string& fallback) {
  DecisionTable table{options.look_up.value_or(LookUp::exact), argmin_grids(dataset), {}, fallback};
  std::size_t cells = 0;
  std::size_t block_regions = 0;
  for (const DecisionGrid& grid : table.grids) {
    cells += answered_cells(grid);
    block_regions += regions(grid);
  }
  const std::string rule = table.look_up == LookUp::exact ? "" : fmt::format(", look-up {}", name_of(table.look_up));
  const std::string head =
      fmt::format("lut (argmin{}): {} cells, {} regions; elsewhere {}", rule, cells, block_regions, fallback);
  return reported(std::move(table), dataset, head, {});
}

std::shared_ptr<const TableSelector> fit_floor_log2(const Dataset& dataset, const LutOptions& options,
                                                    const std::string& fallback) {
  const CrossValidation validation(
      dataset, [&](const Dataset& data) { return fit_buckets(data, options.tie_percent, fallback).table; });
  Fit fit = fit_buckets(dataset, options.tie_percent, fallback);
  std::string head = fmt::format(
      "lut (stable, ties within {} %): {} buckets, {} regions; other tp sizes, fusions and sizes {}\n  look-up: "
      "floor_log2: each bucket, up to the next powers of two, has the strategy of least mean regret over its measured "
      "cells and shapes at quarters of a doubling, whose times are interpolated (log-log)",
      options.tie_percent, fit.total.cells, fit.regions, fallback);
  if (validation.possible()) head += fmt::format("; regret on held-out cells: {}", to_string(validation.regret()));
  return reported(std::move(fit.table), dataset, head, fit.lines);
}

std::vector<DecisionGrid> refined_grids(const Dataset& dataset, double tie_percent) {
  std::vector<DecisionGrid> grids;
  for (const CellBlock& block : cell_blocks(dataset, "lut")) grids.push_back(refined_grid(block, tie_percent));
  return grids;
}

/// Sets the look-up rule and the kind of grid (measured cells or refined), where the options leave them open, to those
/// with the least regret on held-out cells. Returns the reasons as lines of the report.
std::string choose_grids_and_look_up(DecisionTable& table, const Dataset& dataset, const LutOptions& options) {
  const auto choice_for = [&](const auto& make_grids) {
    const CrossValidation validation(dataset, [&](const Dataset& data) {
      return DecisionTable{options.look_up.value_or(LookUp::nearest), make_grids(data), {}, table.fallback};
    });
    if (!options.look_up) return choose_look_up(validation);
    LookUpChoice choice{*options.look_up, validation.regret(), std::string(name_of(*options.look_up))};
    if (validation.possible()) choice.text += fmt::format(" (regret on held-out cells: {})", to_string(choice.regret));
    return choice;
  };
  using Refine = LutOptions::Refine;
  std::optional<LookUpChoice> measured;
  std::optional<LookUpChoice> refined;
  if (options.refine != Refine::always) {
    measured = choice_for(
        [&](const Dataset& data) { return fit_stable_cells(data, options.tie_percent, table.fallback).table.grids; });
  }
  if (options.refine != Refine::never) {
    refined = choice_for([&](const Dataset& data) { return refined_grids(data, options.tie_percent); });
  }
  const bool refines = refined && (!measured || refined->regret.clearly_better_than(measured->regret));
  table.look_up = refines ? refined->look_up : measured->look_up;
  if (refines) table.grids = refined_grids(dataset, options.tie_percent);
  std::string text;
  if (measured) {
    text += fmt::format("\n  {}: measured cells, look-up {}", refines ? "not used" : "used", measured->text);
  }
  if (refined) {
    text += fmt::format("\n  {}: refined cells (interpolated times), look-up {}", refines ? "used" : "not used",
                        refined->text);
  }
  return text;
}

std::shared_ptr<const TableSelector> fit_stable(const Dataset& dataset, const LutOptions& options,
                                                const std::string& fallback) {
  Fit fit = fit_stable_cells(dataset, options.tie_percent, fallback);
  const std::string rule = choose_grids_and_look_up(fit.table, dataset, options);
  const std::string head = fmt::format(
      "lut (stable, ties within {} %): {} cells, {} regions (argmin: {}), {} cells decided by ties; other tp sizes and "
      "fusions {}{}",
      options.tie_percent, fit.total.cells, fit.regions, fit.total.argmin_regions, fit.total.ties_used, fallback, rule);
  return reported(std::move(fit.table), dataset, head, fit.lines);
}

}  // namespace

std::shared_ptr<const TableSelector> fit_lut(const Dataset& dataset, const LutOptions& options) {
  const std::string fallback = fallback_strategy(options.fallback, dataset);
  if (options.mode == LutOptions::Mode::argmin) return fit_argmin(dataset, options, fallback);
  return options.look_up == LookUp::floor_log2 ? fit_floor_log2(dataset, options, fallback)
                                               : fit_stable(dataset, options, fallback);
}

}  // namespace arbiter
