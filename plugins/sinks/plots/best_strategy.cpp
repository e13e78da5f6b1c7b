#include <algorithm>
#include <numeric>

#include "arbiter/plots.hpp"
#include "figures.hpp"
#include "labels.hpp"
#include "strategy_colors.hpp"

namespace arbiter {

namespace plots {

namespace {

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
    const std::string share = names[i] + " " + share_label(wins[i], total);
    if (!lines.back().empty()) lines.back() += ", ";
    if (lines.back().size() + share.size() > longest) lines.emplace_back();
    lines.back() += share;
  }
  return lines;
}

std::vector<std::string> without_auto(std::vector<std::string> names) {
  std::erase(names, "AUTO");
  return names;
}

}  // namespace

Figure best_strategy_figure(const Grid& grid, const std::string& fusion,
                            const std::vector<std::string>& all_strategies) {
  const std::vector<std::string> names = without_auto(grid.strategies());
  std::vector<int> wins(names.size());
  Panel panel{.title = "", .cells = std::vector<Cell>(grid.shapes())};
  for (std::size_t shape = 0; shape < grid.shapes(); ++shape) {
    if (const auto best = grid.best(shape)) {
      const auto name = std::ranges::find(names, grid.strategies()[*best]);
      const auto band = static_cast<std::size_t>(name - names.begin());
      ++wins[band];
      panel.cells[shape] = {CellState::filled, static_cast<double>(names.size() - 1 - band),
                            time_label(*grid.timing(*best, shape).time_us)};
    } else if (grid.any_failed(shape)) {
      panel.cells[shape].state = CellState::failed;
    }
  }

  Figure figure = empty_figure(grid, fusion + ": best strategy");
  figure.panels.push_back(std::move(panel));
  const auto shares = share_lines(names, wins);
  figure.captions.insert(figure.captions.begin(), shares.begin(), shares.end());
  if (figure.any(CellState::filled)) figure.captions.back() += "; in the cells: its time, µs";
  const auto colors = strategy_colors(without_auto(all_strategies));
  std::vector<Color> bands(names.size());
  std::ranges::transform(names, bands.begin(), [&colors](const std::string& name) { return colors.at(name); });
  figure.scale = band_scale(names, bands);
  return figure;
}

}  // namespace plots

void plot_best_strategy(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file) {
  plots::draw(plots::best_strategy_figure(plots::Grid(dataset, fusion), fusion, dataset.strategies()), file);
}

}  // namespace arbiter
