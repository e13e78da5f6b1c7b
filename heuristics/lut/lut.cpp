// SPDX-License-Identifier: Apache-2.0
#include "lut/lut.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "common/cross_validation.hpp"
#include "lut/bucket_table.hpp"
#include "lut/stable_table.hpp"

namespace arbiter {

namespace {

/// Measured cells beyond which a table is not refined unless asked: it would have sixteen times as many.
constexpr std::size_t most_to_refine = 20'000;

std::string count_text(std::size_t count, const char* what) {
  return count == 0 ? std::string() : fmt::format(", {} {}", count, what);
}

/// A table, and what a report says of it.
struct Fit {
  DecisionTable table;
  std::string noise;
  std::size_t cells = 0;
  std::size_t regions = 0;
  std::string lines;  ///< one for each block
};

std::vector<DecisionGrid> stable_grids(const StableFit& fit, bool refined) {
  std::vector<DecisionGrid> grids;
  for (const StableChoice& choice : fit.choices()) {
    grids.push_back(refined ? refined_grid(choice) : stable_grid(choice));
  }
  return grids;
}

Fit fit_buckets(const Dataset& dataset, double tie_percent, const std::string& fallback) {
  const StableFit stable(dataset, tie_percent);
  Fit fit{{LookUp::floor_log2, {}, {}, fallback}, stable.noise_text(), 0, 0, {}};
  for (const StableChoice& choice : stable.choices()) {
    BucketBlock buckets = bucket_block(choice);
    const std::size_t block_regions = regions(buckets.grid);
    fit.lines += fmt::format(
        "\n  {}: {} buckets, {} regions, mean regret {:.2f} % over {} shapes, {} differ from the best at their "
        "smallest shape{}",
        to_string(choice.block().key), buckets.grid.cells.size(), block_regions, 100.0 * buckets.mean_excess,
        buckets.shapes, buckets.moved, count_text(buckets.filled, "gaps filled"));
    fit.regions += block_regions;
    fit.cells += buckets.grid.cells.size();
    fit.table.grids.push_back(std::move(buckets.grid));
  }
  return fit;
}

std::shared_ptr<TableSelector> reported(DecisionTable table, const Dataset& dataset, const LutOptions& options,
                                        const std::string& head, const std::string& lines) {
  auto selector = std::make_shared<TableSelector>("lut", std::move(table));
  selector->set_report(
      fmt::format("{}{}\n  regret: {}{}", head, options.note, to_string(regret_of(*selector, dataset)), lines));
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
  return reported(std::move(table), dataset, options, head, {});
}

std::shared_ptr<const TableSelector> fit_floor_log2(const Dataset& dataset, const LutOptions& options,
                                                    const std::string& fallback) {
  const CrossValidation validation(
      dataset, [&](const Dataset& data) { return fit_buckets(data, options.tie_percent, fallback).table; });
  Fit fit = fit_buckets(dataset, options.tie_percent, fallback);
  std::string head = fmt::format(
      "lut (stable, ties within {} %; times repeat within {}): {} buckets, {} regions; other tp sizes, fusions and "
      "sizes {}\n  look-up: floor_log2: each bucket, up to the next powers of two, has the strategy of least mean "
      "regret over its measured cells and shapes at quarters of a doubling, whose times are estimated",
      options.tie_percent, fit.noise, fit.cells, fit.regions, fallback);
  if (validation.possible()) head += fmt::format("; regret on held-out cells: {}", to_string(validation.regret()));
  return reported(std::move(fit.table), dataset, options, head, fit.lines);
}

/// Sets the grids and the look-up rule, where the options leave them open, to those with the least regret on held-out
/// cells. Returns the reasons as lines of the report, and whether the grids are refined.
std::pair<std::string, bool> choose_grids_and_look_up(DecisionTable& table, const StableFit& stable,
                                                      const Dataset& dataset, const LutOptions& options) {
  using Refine = LutOptions::Refine;
  const std::vector<Fold> folds = folds_of(dataset);
  // Folds of a part of the data are fitted as all of them are.
  const std::size_t most_cells = stable.cells() <= most_to_refine ? RatioSurface::most_cells : 0;
  std::vector<std::unique_ptr<const StableFit>> fits;  // null where the rest has no usable row
  for (const Fold& fold : folds) {
    try {
      fits.push_back(std::make_unique<const StableFit>(fold.fitted, options.tie_percent, most_cells));
    } catch (const DataError&) {
      fits.push_back(nullptr);
    }
  }
  const auto choice_for = [&](bool refined) {
    std::vector<Fold> used;
    std::vector<DecisionTable> tables;
    for (std::size_t i = 0; i < folds.size(); ++i) {
      if (fits[i] == nullptr) continue;
      used.push_back(folds[i]);
      tables.push_back(
          {options.look_up.value_or(LookUp::nearest), stable_grids(*fits[i], refined), {}, table.fallback});
    }
    const CrossValidation validation(std::move(used), std::move(tables));
    if (!options.look_up) return choose_look_up(validation);
    LookUpChoice choice{*options.look_up, validation.regret(), std::string(name_of(*options.look_up))};
    if (validation.possible()) choice.text += fmt::format(" (regret on held-out cells: {})", to_string(choice.regret));
    return choice;
  };
  std::optional<LookUpChoice> measured;
  std::optional<LookUpChoice> refined;
  if (options.refine != Refine::always) measured = choice_for(false);
  const bool may_refine = options.refine == Refine::always || stable.cells() <= most_to_refine;
  if (options.refine != Refine::never && may_refine) refined = choice_for(true);
  const bool refines = refined && (!measured || refined->regret.clearly_better_than(measured->regret));
  table.look_up = refines ? refined->look_up : measured->look_up;
  table.grids = stable_grids(stable, refines);
  std::string text;
  if (measured) {
    text += fmt::format("\n  {}: measured cells, look-up {}", refines ? "not used" : "used", measured->text);
  }
  if (!may_refine && options.refine == Refine::automatic) {
    text += fmt::format("\n  not tried: refined cells, of more than {} measured ones", most_to_refine);
  }
  if (refined) {
    text += fmt::format("\n  {}: refined cells (estimated times), look-up {}", refines ? "used" : "not used",
                        refined->text);
  }
  return {text, refines};
}

std::shared_ptr<const TableSelector> fit_stable(const Dataset& dataset, const LutOptions& options,
                                                const std::string& fallback) {
  const StableFit stable(dataset, options.tie_percent);
  Fit fit{{LookUp::nearest, {}, {}, fallback}, stable.noise_text(), 0, 0, {}};
  const auto [rule, refined] = choose_grids_and_look_up(fit.table, stable, dataset, options);
  std::size_t not_fastest = 0;
  for (std::size_t i = 0; i < stable.choices().size(); ++i) {
    const CellBlock& block = stable.choices()[i].block();
    const DecisionGrid& grid = fit.table.grids[i];
    const std::size_t grid_regions = regions(grid);
    const GridCounts counts = counts_of(refined ? stable_grid(stable.choices()[i]) : grid, block);
    fit.cells += grid.cells.size();
    fit.regions += grid_regions;
    not_fastest += counts.not_fastest;
    fit.lines += fmt::format(
        "\n  {}: {} cells, {} measured, {} regions (argmin: {}), {} not the fastest measured{}{}", to_string(block.key),
        grid.cells.size(), counts.measured, grid_regions, regions(argmin_grid(block)), counts.not_fastest,
        count_text(counts.avoided, "of them because that failed nearby"), count_text(counts.filled, "gaps filled"));
  }
  const std::string head = fmt::format(
      "lut (stable, ties within {} %; times repeat within {}): {} cells, {} regions, {} measured cells not the fastest "
      "measured; other tp sizes and fusions {}{}",
      options.tie_percent, fit.noise, fit.cells, fit.regions, not_fastest, fallback, rule);
  return reported(std::move(fit.table), dataset, options, head, fit.lines);
}

}  // namespace

std::shared_ptr<const TableSelector> fit_lut(const Dataset& dataset, const LutOptions& options) {
  const std::string fallback = fallback_strategy(options.fallback, dataset);
  if (options.mode == LutOptions::Mode::argmin) return fit_argmin(dataset, options, fallback);
  return options.look_up == LookUp::floor_log2 ? fit_floor_log2(dataset, options, fallback)
                                               : fit_stable(dataset, options, fallback);
}

}  // namespace arbiter
