// SPDX-License-Identifier: Apache-2.0
#include "lut/ratio_surface.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

namespace arbiter {

namespace {

/// How alike two fusions are: the correlation of their surfaces.
constexpr double fusion_correlation = 0.9;
/// Far above any ratio: the level of a surface is free.
constexpr double level_variance = 10.0;
/// Times are rounded to nanoseconds, so no data are exact.
constexpr double least_variance = 1e-9;
/// How many values that knowledge is worth beside what the data say of their own noise.
constexpr double repeat_weight = 4.0;
/// Log-normal prior of the noise around it: few cells cannot tell noise from structure.
constexpr double repeat_spread = 0.7;

/// Matern covariance of smoothness 3/2: continuous, with kinks where an algorithm changes.
double matern(double distance) {
  const double d = std::sqrt(3.0) * distance;
  return (1.0 + d) * std::exp(-d);
}

double log2_of(std::int64_t value) { return std::log2(static_cast<double>(std::max<std::int64_t>(value, 1))); }

/// The term that a cell's strategies share: the mean over those measured in every cell, else the cell's least.
double shared_term(const CellBlock& block, std::size_t cell, const std::vector<std::string>& everywhere) {
  double sum = 0.0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < block.strategies.size(); ++k) {
    const Measurement* row = block.usable[block.at(cell, k)];
    if (row == nullptr) continue;
    least = std::min(least, std::log(row->time_us));
    if (std::ranges::find(everywhere, block.strategies[k]) != everywhere.end()) sum += std::log(row->time_us);
  }
  return everywhere.empty() ? least : sum / static_cast<double>(everywhere.size());
}

/// Which of `count` places: all, or `wanted` of them with the first and the last.
std::vector<bool> evenly_spread(std::size_t count, std::size_t wanted) {
  std::vector<bool> chosen(count, count <= wanted);
  for (std::size_t i = 0; i < wanted && count > wanted; ++i) chosen[i * (count - 1) / (wanted - 1)] = true;
  return chosen;
}

/// The cells with a time of a strategy.
std::vector<std::size_t> cells_of(const CellBlock& block, std::size_t strategy) {
  std::vector<std::size_t> cells;
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    if (block.usable[block.at(cell, strategy)] != nullptr) cells.push_back(cell);
  }
  return cells;
}

/// About `wanted` measured cells, evenly spread over both axes. Strategies that share their cells share a factor: so
/// cells with every common strategy, and some more of each strategy that has few of them.
std::vector<bool> used_cells(const CellBlock& block, std::size_t wanted) {
  const std::size_t measured = block.measured_cells();
  std::vector<bool> used(block.cells(), measured <= wanted);
  if (measured <= wanted) return used;
  constexpr std::size_t most_hidden_sizes = 8;
  constexpr std::size_t few = 32;
  const std::vector<bool> hidden = evenly_spread(block.hidden.size(), most_hidden_sizes);
  const std::vector<bool> tokens =
      evenly_spread(block.tokens.size(), wanted / std::min(block.hidden.size(), most_hidden_sizes));
  std::vector<std::vector<std::size_t>> cells;  // [strategy]
  for (std::size_t k = 0; k < block.strategies.size(); ++k) cells.push_back(cells_of(block, k));
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    used[cell] = hidden[cell / block.tokens.size()] && tokens[cell % block.tokens.size()];
    for (std::size_t k = 0; k < cells.size(); ++k) {
      const bool is_common = 10 * cells[k].size() >= 9 * measured;
      if (is_common && block.usable[block.at(cell, k)] == nullptr) used[cell] = false;
    }
  }
  for (const std::vector<std::size_t>& of_strategy : cells) {
    const auto own = static_cast<std::size_t>(
        std::ranges::count_if(of_strategy, [&](std::size_t cell) { return bool{used[cell]}; }));
    if (own >= few) continue;
    const std::vector<bool> added = evenly_spread(of_strategy.size(), few);
    for (std::size_t i = 0; i < added.size(); ++i) {
      if (added[i]) used[of_strategy[i]] = true;
    }
  }
  return used;
}

}  // namespace

double RatioEstimate::deviation_of_difference(std::size_t a, std::size_t b) const {
  return std::hypot(deviation[a], deviation[b]);
}

RatioSurface::RatioSurface(const std::vector<const CellBlock*>& blocks) {
  add_values(blocks, [](const CellBlock&, std::size_t) { return true; });
  fit_shape(blocks.size());
  fit_weights();
}

RatioSurface::RatioSurface(const CellBlock& block) {
  const std::vector<bool> used = used_cells(block, most_points);
  add_values({&block}, [&](const CellBlock&, std::size_t cell) { return used[cell]; });
  fit_shape(1);
  fit_weights();
}

template <class Predicate>
void RatioSurface::add_values(const std::vector<const CellBlock*>& blocks, const Predicate& is_used) {
  struct Series {
    std::vector<std::pair<std::size_t, std::size_t>> cells;  // (block, cell)
  };
  std::map<std::string, Series> series;
  std::size_t cells = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    strategies_.push_back(blocks[b]->strategies);
    for (std::size_t cell = 0; cell < blocks[b]->cells(); ++cell) {
      if (blocks[b]->best[cell] == nullptr || !is_used(*blocks[b], cell)) continue;
      ++cells;
      for (std::size_t k = 0; k < blocks[b]->strategies.size(); ++k) {
        if (blocks[b]->usable[blocks[b]->at(cell, k)] == nullptr) continue;
        series[blocks[b]->strategies[k]].cells.emplace_back(b, cell);
      }
    }
  }
  std::vector<std::string> everywhere;
  for (const auto& [strategy, of] : series) {
    if (of.cells.size() == cells) everywhere.push_back(strategy);
  }
  std::map<std::vector<std::pair<std::size_t, std::size_t>>, Pattern> patterns;
  for (const auto& [strategy, of] : series) {
    Pattern& pattern = patterns[of.cells];
    const bool first = pattern.strategies.empty();
    pattern.strategies.push_back(strategy);
    std::vector<double>& values = pattern.values.emplace_back();
    for (const auto& [b, cell] : of.cells) {
      const CellBlock& block = *blocks[b];
      const auto k = static_cast<std::size_t>(std::ranges::find(block.strategies, strategy) - block.strategies.begin());
      values.push_back(std::log(block.usable[block.at(cell, k)]->time_us) - shared_term(block, cell, everywhere));
      if (first) pattern.points.push_back({log2_of(block.hidden_of(cell)), log2_of(block.tokens_of(cell)), b});
    }
    values_ += values.size();
  }
  for (auto& [cells_of, pattern] : patterns) patterns_.push_back(std::move(pattern));
  if (series.size() > 1) free_share_ = 1.0 - 1.0 / static_cast<double>(series.size());
}

double RatioSurface::covariance(const Point& a, const Point& b, const Shape& shape) {
  const double hidden = a.hidden - b.hidden;
  const double tokens = a.tokens - b.tokens;
  const double smooth = matern(std::abs(hidden + tokens) / shape.bytes_length) +
                        shape.shape_variance * matern(std::hypot(hidden, tokens) / shape.shape_length);
  return a.block == b.block ? level_variance + smooth : level_variance / 2.0 + fusion_correlation * smooth;
}

Cholesky RatioSurface::factor_of(const std::vector<Point>& points, const Shape& shape) {
  const std::size_t n = points.size();
  std::vector<double> matrix(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) matrix[i * n + j] = covariance(points[i], points[j], shape);
    matrix[i * n + i] += shape.noise_variance;
  }
  return {std::move(matrix), n};
}

void RatioSurface::fit_shape(std::size_t blocks) {
  struct Part {
    std::vector<Point> points;
    std::vector<std::vector<double>> values;  // [strategy][point]
  };
  std::vector<Part> parts;  // of each pattern the points of one fusion
  for (const Pattern& pattern : patterns_) {
    for (std::size_t block = 0; block < blocks; ++block) {
      Part part{{}, std::vector<std::vector<double>>(pattern.values.size())};
      for (std::size_t i = 0; i < pattern.points.size(); ++i) {
        if (pattern.points[i].block != block) continue;
        part.points.push_back(pattern.points[i]);
        for (std::size_t s = 0; s < part.values.size(); ++s) part.values[s].push_back(pattern.values[s][i]);
      }
      if (!part.points.empty()) parts.push_back(std::move(part));
    }
  }
  const double degrees = free_share_ * static_cast<double>(values_);
  const auto likelihood = [&](const Shape& shape) {
    double determinants = 0.0;
    double squares = 0.0;
    for (const Part& part : parts) {
      const Cholesky factor = factor_of(part.points, shape);
      determinants += static_cast<double>(part.values.size()) * factor.log_determinant();
      for (std::vector<double> x : part.values) {
        factor.solve_lower(x);
        squares += std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
      }
    }
    // The scale is the one of greatest likelihood.
    const double variance = std::max(squares / degrees, least_variance);
    const double surprise = std::log(std::sqrt(variance * shape.noise_variance) / repeat_deviation) / repeat_spread;
    return -0.5 * (free_share_ * determinants + degrees * std::log(variance) + surprise * surprise);
  };

  struct Search {
    double Shape::*member;
    std::vector<double> values;
  };
  static const std::array searches = {
      Search{&Shape::noise_variance, {1e-4, 4e-4, 1.6e-3, 6.4e-3, 2.56e-2, 0.1, 0.4}},
      Search{&Shape::bytes_length, {1.0, 2.0, 4.0, 8.0, 16.0}},
      Search{&Shape::shape_length, {1.5, 3.0, 6.0}},
      Search{&Shape::shape_variance, {0.0, 0.1, 0.3, 1.0}},
  };
  double best = likelihood(shape_);
  for (int round = 0; round < 3; ++round) {
    bool changed = false;
    for (const Search& search : searches) {
      Shape tried = shape_;
      for (const double value : search.values) {
        tried.*search.member = value;
        const double found = likelihood(tried);
        if (found <= best + 1e-6) continue;
        best = found;
        shape_ = tried;
        changed = true;
      }
    }
    if (!changed) break;
  }
}

void RatioSurface::fit_weights() {
  double squares = 0.0;
  for (Pattern& pattern : patterns_) {
    pattern.factor = factor_of(pattern.points, shape_);
    for (const std::vector<double>& values : pattern.values) {
      std::vector<double> x = values;
      pattern.factor->solve(x);
      squares += std::inner_product(x.begin(), x.end(), values.begin(), 0.0);
      pattern.weights.push_back(std::move(x));
    }
  }
  variance_ = std::max(squares / (free_share_ * static_cast<double>(values_)), least_variance);
}

std::vector<double> RatioSurface::covariances(const Pattern& pattern, const Point& point) const {
  std::vector<double> result;
  result.reserve(pattern.points.size());
  for (const Point& other : pattern.points) result.push_back(covariance(point, other, shape_));
  return result;
}

std::vector<double> RatioSurface::log_ratios(std::size_t block, double hidden_size, double num_tokens) const {
  const Point point{std::log2(hidden_size), std::log2(num_tokens), block};
  std::vector<double> ratios(strategies_[block].size(), std::numeric_limits<double>::quiet_NaN());
  for (const Pattern& pattern : patterns_) {
    const std::vector<double> near = covariances(pattern, point);
    for (std::size_t s = 0; s < pattern.strategies.size(); ++s) {
      const auto k = std::ranges::find(strategies_[block], pattern.strategies[s]);
      if (k == strategies_[block].end()) continue;
      ratios[static_cast<std::size_t>(k - strategies_[block].begin())] =
          std::inner_product(near.begin(), near.end(), pattern.weights[s].begin(), 0.0);
    }
  }
  return ratios;
}

template <class Near>
std::vector<double> RatioSurface::deviations(std::size_t block, double variance, const Near& near) const {
  std::vector<double> deviations(strategies_[block].size(), std::numeric_limits<double>::quiet_NaN());
  // Few values cannot show how noisy they are.
  const double unseen =
      repeat_deviation * repeat_deviation * repeat_weight / (repeat_weight + static_cast<double>(values_));
  for (const Pattern& pattern : patterns_) {
    std::vector<double> x = near(pattern);
    pattern.factor->solve_lower(x);
    const double known = std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
    const double rest = std::max(variance - known, 0.0);
    for (const std::string& strategy : pattern.strategies) {
      const auto k = std::ranges::find(strategies_[block], strategy);
      if (k == strategies_[block].end()) continue;
      deviations[static_cast<std::size_t>(k - strategies_[block].begin())] = std::sqrt(rest * variance_ + unseen);
    }
  }
  return deviations;
}

RatioEstimate RatioSurface::at(std::size_t block, double hidden_size, double num_tokens) const {
  const Point point{std::log2(hidden_size), std::log2(num_tokens), block};
  return {log_ratios(block, hidden_size, num_tokens),
          deviations(block, covariance(point, point, shape_),
                     [&](const Pattern& pattern) { return covariances(pattern, point); })};
}

RatioEstimate RatioSurface::change(std::size_t block, const TableShape& from, const TableShape& to) const {
  const Point a{std::log2(from.hidden_size), std::log2(from.num_tokens), block};
  const Point b{std::log2(to.hidden_size), std::log2(to.num_tokens), block};
  std::vector<double> changes = log_ratios(block, to.hidden_size, to.num_tokens);
  const std::vector<double> before = log_ratios(block, from.hidden_size, from.num_tokens);
  std::ranges::transform(changes, before, changes.begin(), std::minus());
  const double variance = covariance(a, a, shape_) + covariance(b, b, shape_) - 2.0 * covariance(a, b, shape_);
  return {std::move(changes), deviations(block, variance, [&](const Pattern& pattern) {
            std::vector<double> near = covariances(pattern, b);
            std::ranges::transform(near, covariances(pattern, a), near.begin(), std::minus());
            return near;
          })};
}

double RatioSurface::noise() const { return std::sqrt(variance_ * shape_.noise_variance); }

}  // namespace arbiter
