// SPDX-License-Identifier: Apache-2.0
#include "lut/bucket_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "lut/simplest_labels.hpp"
#include "lut/tie_sets.hpp"

namespace arbiter {

namespace {

LogAxis powers_over(const LogAxis& axis) {
  const auto floor_log2 = [](std::int64_t v) {
    return std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(v, 1)));
  };
  std::vector<std::int64_t> powers;
  for (std::uint64_t power = floor_log2(axis[0]); power <= floor_log2(axis[axis.size() - 1]); power *= 2) {
    powers.push_back(static_cast<std::int64_t>(power));
  }
  return LogAxis(std::move(powers));
}

/// The sizes by which a bucket is judged along one axis: quarters of its doubling, and the measured ones in it.
std::set<std::int64_t> values_of(const LogAxis& axis, std::int64_t power) {
  std::set<std::int64_t> values;
  for (const double share : {0.0, 0.25, 0.5, 0.75}) {
    values.insert(std::min(std::llround(static_cast<double>(power) * std::exp2(share)), 2LL * power - 1));
  }
  for (const std::int64_t value : axis.values()) {
    if (value >= power && value < 2 * power) values.insert(value);
  }
  return values;
}

/// The regret of each strategy in one bucket, over the shapes by which it is judged.
struct Bucket {
  std::vector<double> regret;          ///< [strategy]: sum over its estimated shapes
  std::vector<std::size_t> estimated;  ///< [strategy]: the number of shapes with a time
  std::optional<std::size_t> corner;   ///< the fastest strategy at the smallest shape
};

Bucket bucket_at(const CellBlock& block, std::int64_t hidden_power, std::int64_t tokens_power) {
  const std::size_t strategies = block.strategies.size();
  Bucket bucket{std::vector<double>(strategies, 0.0), std::vector<std::size_t>(strategies, 0), std::nullopt};
  for (const std::int64_t hidden : values_of(block.hidden, hidden_power)) {
    for (const std::int64_t tokens : values_of(block.tokens, tokens_power)) {
      std::vector<std::optional<double>> time;
      std::optional<std::size_t> best;
      for (std::size_t k = 0; k < strategies; ++k) {
        time.push_back(block.interpolated_time(k, hidden, tokens));
        if (time[k] && (!best || *time[k] < *time[*best])) best = k;
      }
      if (!best) continue;
      if (hidden == hidden_power && tokens == tokens_power) bucket.corner = best;
      for (std::size_t k = 0; k < strategies; ++k) {
        if (!time[k]) continue;
        ++bucket.estimated[k];
        bucket.regret[k] += *time[k] / *time[*best] - 1.0;
      }
    }
  }
  return bucket;
}

bool failed_around(const CellBlock& block, std::size_t strategy, std::int64_t hidden, std::int64_t tokens) {
  for (std::size_t cell = 0; cell < block.cells(); ++cell) {
    const bool near = 2 * block.hidden_of(cell) >= hidden && block.hidden_of(cell) <= 2 * hidden &&
                      2 * block.tokens_of(cell) >= tokens && block.tokens_of(cell) <= 2 * tokens;
    if (near && block.failed[block.at(cell, strategy)]) return true;
  }
  return false;
}

/// The strategies with times for most of the bucket, without those that failed around it if there are others.
std::vector<bool> candidates_of(const CellBlock& block, const Bucket& bucket, std::int64_t hidden,
                                std::int64_t tokens) {
  const std::size_t most = *std::ranges::max_element(bucket.estimated);
  std::vector<bool> covering;
  for (const std::size_t shapes : bucket.estimated) covering.push_back(most > 0 && shapes == most);
  return without_failed(covering, [&](std::size_t k) { return failed_around(block, k, hidden, tokens); });
}

}  // namespace

BucketBlock bucket_block(const CellBlock& block, double tie_percent) {
  const LogAxis hidden = powers_over(block.hidden);
  const LogAxis tokens = powers_over(block.tokens);
  LabelChoice choice = LabelChoice::of(hidden.size(), tokens.size(), block.strategies.size());
  const std::size_t cells = choice.rows * choice.columns;
  std::vector<Bucket> buckets;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const std::int64_t h = hidden[cell / tokens.size()];
    const std::int64_t t = tokens[cell % tokens.size()];
    buckets.push_back(bucket_at(block, h, t));
    const std::vector<bool> candidates = candidates_of(block, buckets.back(), h, t);
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < choice.labels; ++k) {
      if (!candidates[k]) continue;
      choice.excess[choice.at(cell, k)] = buckets.back().regret[k] / static_cast<double>(buckets.back().estimated[k]);
      least = std::min(least, choice.excess[choice.at(cell, k)]);
    }
    for (std::size_t k = 0; k < choice.labels; ++k) {
      choice.allowed[choice.at(cell, k)] =
          candidates[k] && choice.excess[choice.at(cell, k)] <= least + tie_percent / 100.0;
    }
  }
  BucketBlock result;
  result.filled = fill_gaps(choice, hidden, tokens);
  result.grid = grid_on(block, hidden, tokens);
  result.grid.cells = simplest_labels(choice);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const Bucket& bucket = buckets[cell];
    const std::uint16_t label = result.grid.cells[cell];
    result.shapes += bucket.estimated[label];
    result.mean_excess += bucket.regret[label];
    if (bucket.corner && *bucket.corner != label) ++result.moved;
  }
  if (result.shapes > 0) result.mean_excess /= static_cast<double>(result.shapes);
  return result;
}

}  // namespace arbiter
