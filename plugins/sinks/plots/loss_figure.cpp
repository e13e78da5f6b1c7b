#include <utility>

#include "figures.hpp"
#include "labels.hpp"

namespace arbiter::plots {

Figure loss_figure(const Grid& grid, std::string title, std::string scale_title, const ReferenceTime& reference) {
  Figure figure = empty_figure(grid, std::move(title));
  figure.scale = loss_scale(std::move(scale_title));
  for (std::size_t strategy = 0; strategy < grid.strategies().size(); ++strategy) {
    Panel panel{.title = grid.strategies()[strategy], .cells = std::vector<Cell>(grid.shapes())};
    for (std::size_t shape = 0; shape < grid.shapes(); ++shape) {
      const Timing& timing = grid.timing(strategy, shape);
      const auto least = reference(strategy, shape);
      if (timing.time_us && least) {
        const double percent = 100.0 * (*timing.time_us / *least - 1.0);
        panel.cells[shape] = {CellState::filled, loss_position(percent), percent_label(percent)};
      } else if (timing.failed) {
        panel.cells[shape].state = CellState::failed;
      }
    }
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

}  // namespace arbiter::plots
