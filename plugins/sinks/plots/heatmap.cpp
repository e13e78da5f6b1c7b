#include <algorithm>
#include <limits>

#include "arbiter/plots.hpp"
#include "figures.hpp"
#include "labels.hpp"

namespace arbiter {

namespace plots {

namespace {

ColorScale scale_of(const Grid& grid) {
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

}  // namespace

Figure heatmap_figure(const Grid& grid, const std::string& fusion) {
  Figure figure = empty_figure(grid, fusion + ": time per strategy");
  figure.scale = scale_of(grid);
  for (std::size_t strategy = 0; strategy < grid.strategies().size(); ++strategy) {
    Panel panel{.title = grid.strategies()[strategy], .cells = std::vector<Cell>(grid.shapes())};
    for (std::size_t shape = 0; shape < grid.shapes(); ++shape) {
      const Timing& timing = grid.timing(strategy, shape);
      if (timing.time_us) {
        panel.cells[shape] = {CellState::filled, *timing.time_us, time_label(*timing.time_us)};
      } else if (timing.failed) {
        panel.cells[shape].state = CellState::failed;
      }
    }
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

}  // namespace plots

void plot_heatmap(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file) {
  plots::draw(plots::heatmap_figure(plots::Grid(dataset, fusion), fusion), file);
}

}  // namespace arbiter
