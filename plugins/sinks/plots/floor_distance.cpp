#include "arbiter/plots.hpp"
#include "figures.hpp"

namespace arbiter {

namespace plots {

Figure floor_distance_figure(const Grid& grid, const std::string& fusion) {
  return loss_figure(
      grid, fusion + ": time above the floor, %", "above floor, %",
      [&grid](std::size_t strategy, std::size_t shape) { return grid.timing(strategy, shape).floor_us; });
}

}  // namespace plots

void plot_floor_distance(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file) {
  plots::draw(plots::floor_distance_figure(plots::Grid(dataset, fusion), fusion), file);
}

}  // namespace arbiter
