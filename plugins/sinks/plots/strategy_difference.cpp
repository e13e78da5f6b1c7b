#include "arbiter/plots.hpp"
#include "figures.hpp"

namespace arbiter {

namespace plots {

Figure strategy_difference_figure(const Grid& grid, const std::string& fusion) {
  return loss_figure(grid, fusion + ": time above the best strategy, %", "above best, %",
                     [&grid](std::size_t /*strategy*/, std::size_t shape) -> std::optional<double> {
                       const auto best = grid.best(shape);
                       return best ? grid.timing(*best, shape).time_us : std::nullopt;
                     });
}

}  // namespace plots

void plot_strategy_difference(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file) {
  plots::draw(plots::strategy_difference_figure(plots::Grid(dataset, fusion), fusion), file);
}

}  // namespace arbiter
