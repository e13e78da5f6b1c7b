#include "arbiter/plots.hpp"
#include "figures.hpp"

namespace arbiter {

namespace plots {

Figure lower_bound_distance_figure(const Grid& grid, const std::string& fusion) {
  return loss_figure(
      grid, fusion + ": time above the lower bound, %", "above lower bound, %",
      [&grid](std::size_t strategy, std::size_t shape) { return grid.timing(strategy, shape).lower_bound_us; });
}

}  // namespace plots

void plot_lower_bound_distance(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file) {
  plots::draw(plots::lower_bound_distance_figure(plots::Grid(dataset, fusion), fusion), file);
}

}  // namespace arbiter
