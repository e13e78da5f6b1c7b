#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "figure.hpp"
#include "grid.hpp"

namespace arbiter::plots {

/// The grid's axes and caption, without panels.
[[nodiscard]] Figure empty_figure(const Grid& grid, std::string title);

/// What a strategy's time at a shape is compared with, in microseconds; nothing where it is not known.
using ReferenceTime = std::function<std::optional<double>(std::size_t strategy, std::size_t shape)>;
/// A panel per strategy of per cent above the reference.
[[nodiscard]] Figure loss_figure(const Grid& grid, std::string title, std::string scale_title,
                                 const ReferenceTime& reference);

[[nodiscard]] Figure heatmap_figure(const Grid& grid, const std::string& fusion);
/// `all_strategies` are those that get colours: with the whole dataset's, a name's colour is that of other fusions.
[[nodiscard]] Figure best_strategy_figure(const Grid& grid, const std::string& fusion,
                                          const std::vector<std::string>& all_strategies);
[[nodiscard]] Figure strategy_difference_figure(const Grid& grid, const std::string& fusion);
[[nodiscard]] Figure lower_bound_distance_figure(const Grid& grid, const std::string& fusion);

}  // namespace arbiter::plots
