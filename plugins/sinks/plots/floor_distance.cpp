#include "arbiter/plots.hpp"
#include "figures.hpp"
#include "labels.hpp"

namespace arbiter {

namespace plots {

Figure floor_distance_figure(const Grid& grid, const std::string& fusion) {
  Figure figure = empty_figure(grid, fusion + ": time above the floor, %");
  figure.scale = loss_scale("above floor, %");
  for (std::size_t strategy = 0; strategy < grid.strategies().size(); ++strategy) {
    Panel panel{.title = grid.strategies()[strategy], .cells = std::vector<Cell>(grid.shapes())};
    for (std::size_t shape = 0; shape < grid.shapes(); ++shape) {
      const Timing& timing = grid.timing(strategy, shape);
      if (timing.time_us && timing.floor_us) {
        const double percent = 100.0 * (*timing.time_us / *timing.floor_us - 1.0);
        panel.cells[shape] = {CellState::filled, loss_position(percent), percent_label(percent)};
      } else if (timing.failed) {
        panel.cells[shape].state = CellState::failed;
      }
    }
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

}  // namespace plots

void plot_floor_distance(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file) {
  plots::draw(plots::floor_distance_figure(plots::Grid(dataset, fusion), fusion), file);
}

}  // namespace arbiter
