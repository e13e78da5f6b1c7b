#include "arbiter/plots.hpp"
#include "figures.hpp"
#include "labels.hpp"

namespace arbiter {

namespace plots {

Figure strategy_difference_figure(const Grid& grid, const std::string& fusion) {
  Figure figure = empty_figure(grid, fusion + ": time above the best strategy, %");
  figure.scale = loss_scale();
  for (std::size_t strategy = 0; strategy < grid.strategies().size(); ++strategy) {
    Panel panel{.title = grid.strategies()[strategy], .cells = std::vector<Cell>(grid.shapes())};
    for (std::size_t shape = 0; shape < grid.shapes(); ++shape) {
      const Timing& timing = grid.timing(strategy, shape);
      const auto best = grid.best(shape);
      if (timing.time_us && best) {
        const double percent = 100.0 * (*timing.time_us / *grid.timing(*best, shape).time_us - 1.0);
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

void plot_strategy_difference(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file) {
  plots::draw(plots::strategy_difference_figure(plots::Grid(dataset, fusion), fusion), file);
}

}  // namespace arbiter
