// SPDX-License-Identifier: Apache-2.0
#include "arbiter/plots.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "figure.hpp"
#include "grid.hpp"
#include "picture.hpp"

namespace arbiter {

PictureError::~PictureError() = default;
GnuplotMissing::~GnuplotMissing() = default;

namespace {

using namespace plots;

/// The grid's axes and caption, without panels.
Figure empty_figure(const Grid& grid, std::string title) {
  Figure figure;
  figure.title = std::move(title);
  figure.captions = {grid.caption()};
  figure.rows = grid.hidden_sizes();
  figure.columns = grid.num_tokens();
  return figure;
}

/// The cell of a strategy whose time at a shape is known; nothing leaves it empty.
using CellOf = std::function<std::optional<Cell>(std::size_t strategy, std::size_t shape, double time_us)>;

void add_panel_per_strategy(Figure& figure, const Grid& grid, const CellOf& cell_of) {
  for (std::size_t strategy = 0; strategy < grid.strategies().size(); ++strategy) {
    Panel panel{.title = grid.strategies()[strategy], .cells = std::vector<Cell>(grid.shapes())};
    for (std::size_t shape = 0; shape < grid.shapes(); ++shape) {
      const Timing& timing = grid.timing(strategy, shape);
      if (timing.failed) panel.cells[shape].state = CellState::failed;
      if (!timing.time_us) continue;
      if (const auto cell = cell_of(strategy, shape, *timing.time_us)) panel.cells[shape] = *cell;
    }
    figure.panels.push_back(std::move(panel));
  }
}

ColorScale scale_of_times(const Grid& grid) {
  double fastest = std::numeric_limits<double>::infinity();
  double slowest = 0.0;
  for (std::size_t strategy = 0; strategy < grid.strategies().size(); ++strategy) {
    for (std::size_t shape = 0; shape < grid.shapes(); ++shape) {
      const auto& time = grid.timing(strategy, shape).time_us;
      if (!time) continue;
      fastest = std::min(fastest, *time);
      slowest = std::max(slowest, *time);
    }
  }
  return slowest > 0.0 ? time_scale(fastest, slowest) : time_scale(1.0, 1000.0);
}

/// What a strategy's time at a shape is compared with, in microseconds; nothing where it is not known.
using ReferenceTime = std::function<std::optional<double>(std::size_t strategy, std::size_t shape)>;

/// A panel per strategy: per cent above the reference.
Figure overhead_figure(const Grid& grid, std::string title, std::string scale_title, const ReferenceTime& reference) {
  Figure figure = empty_figure(grid, std::move(title));
  figure.scale = overhead_scale(std::move(scale_title));
  add_panel_per_strategy(figure, grid,
                         [&](std::size_t strategy, std::size_t shape, double time_us) -> std::optional<Cell> {
                           const auto least = reference(strategy, shape);
                           if (!least) return std::nullopt;
                           const double percent = 100.0 * (time_us / *least - 1.0);
                           return Cell{CellState::filled, overhead_position(percent), percent_label(percent)};
                         });
  return figure;
}

/// "ONESHOT 62 %, MPI 38 %", the largest share first, in lines that keep the picture from growing wide.
std::vector<std::string> share_lines(const std::vector<std::string>& names, const std::vector<int>& wins) {
  constexpr std::size_t longest = 90;
  const int total = std::accumulate(wins.begin(), wins.end(), 0);
  if (total == 0) return {"nothing usable was measured"};
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&wins](std::size_t a, std::size_t b) { return wins[a] > wins[b]; });
  std::vector<std::string> lines(1);
  for (const std::size_t i : order) {
    if (wins[i] == 0) break;
    const std::string share = shown_name(names[i]) + " " + share_label(wins[i], total);
    if (!lines.back().empty()) lines.back() += ", ";
    if (lines.back().size() + share.size() > longest) lines.emplace_back();
    lines.back() += share;
  }
  return lines;
}

Figure best_strategy_figure(const Grid& grid, const std::string& fusion, const std::map<std::string, Color>& colors) {
  const std::vector<std::string>& names = grid.strategies();
  std::vector<int> wins(names.size());
  Panel panel{.title = "", .cells = std::vector<Cell>(grid.shapes())};
  for (std::size_t shape = 0; shape < grid.shapes(); ++shape) {
    if (const auto best = grid.best(shape)) {
      ++wins[*best];
      panel.cells[shape] = {CellState::filled, static_cast<double>(names.size() - 1 - *best),
                            time_label(*grid.timing(*best, shape).time_us)};
    } else if (grid.any_failed(shape)) {
      panel.cells[shape].state = CellState::failed;
    }
  }

  Figure figure = empty_figure(grid, shown_name(fusion) + ": fastest strategy");
  figure.panels.push_back(std::move(panel));
  const auto shares = share_lines(names, wins);
  figure.captions.insert(figure.captions.begin(), shares.begin(), shares.end());
  if (figure.any(CellState::filled)) figure.captions.back() += "; cell labels: latency, µs";
  std::vector<Color> bands(names.size());
  std::ranges::transform(names, bands.begin(), [&colors](const std::string& name) { return colors.at(name); });
  figure.scale = band_scale(names, bands);
  return figure;
}

}  // namespace

void plot_heatmap(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file) {
  const Grid grid(dataset, fusion);
  Figure figure = empty_figure(grid, shown_name(fusion) + ": latency per strategy");
  figure.scale = scale_of_times(grid);
  add_panel_per_strategy(figure, grid, [](std::size_t /*strategy*/, std::size_t /*shape*/, double time_us) {
    return Cell{CellState::filled, time_us, time_label(time_us)};
  });
  write_picture(figure, file);
}

void plot_best_strategy(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file,
                        std::span<const std::string> strategies) {
  const auto colors = strategy_colors(dataset.strategies(), strategies);
  write_picture(best_strategy_figure(Grid(dataset, fusion), fusion, colors), file);
}

void plot_strategy_difference(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file) {
  const Grid grid(dataset, fusion);
  const auto best_time = [&grid](std::size_t /*strategy*/, std::size_t shape) -> std::optional<double> {
    const auto best = grid.best(shape);
    return best ? grid.timing(*best, shape).time_us : std::nullopt;
  };
  write_picture(overhead_figure(grid, shown_name(fusion) + ": latency above the fastest strategy, %",
                                "above fastest, %", best_time),
                file);
}

void plot_lower_bound_distance(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file) {
  const Grid grid(dataset, fusion);
  const auto lower_bound = [&grid](std::size_t strategy, std::size_t shape) {
    return grid.timing(strategy, shape).lower_bound_us;
  };
  write_picture(overhead_figure(grid, shown_name(fusion) + ": latency above the lower bound, %", "above lower bound, %",
                                lower_bound),
                file);
}

void plot_change(const Dataset& before, const Dataset& after, const std::string& fusion,
                 const std::filesystem::path& file) {
  const Grid earlier(before, fusion);
  const Grid grid(after, fusion);
  Figure figure = empty_figure(grid, fusion + ": change of the latency, %");
  figure.scale = change_scale();
  add_panel_per_strategy(
      figure, grid, [&](std::size_t strategy, std::size_t shape, double time_us) -> std::optional<Cell> {
        const std::size_t columns = grid.num_tokens().size();
        const auto time_before = earlier.time_of(grid.strategies()[strategy], grid.hidden_sizes()[shape / columns],
                                                 grid.num_tokens()[shape % columns]);
        if (!time_before) return std::nullopt;
        const double ratio = time_us / *time_before;
        return Cell{CellState::filled, change_position(ratio), change_label(ratio)};
      });
  write_picture(figure, file);
}

}  // namespace arbiter
