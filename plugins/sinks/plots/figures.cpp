#include "figures.hpp"

#include <utility>

namespace arbiter::plots {

Figure empty_figure(const Grid& grid, std::string title) {
  Figure figure;
  figure.title = std::move(title);
  figure.captions = {grid.caption()};
  figure.rows = grid.hidden_sizes();
  figure.columns = grid.num_tokens();
  return figure;
}

}  // namespace arbiter::plots
