// SPDX-License-Identifier: Apache-2.0
#include "lut/bucket_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <optional>
#include <set>
#include <utility>
#include <vector>

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
  std::vector<std::size_t> estimated;  ///< [strategy]: the number of shapes with an estimate
  std::optional<std::size_t> corner;   ///< the fastest strategy at the smallest shape

  [[nodiscard]] double mean(std::size_t strategy) const {
    return regret[strategy] / static_cast<double>(estimated[strategy]);
  }
};

/// A strategy is estimated where it was measured in all cells around.
Bucket bucket_at(const StableChoice& choice, std::int64_t hidden_power, std::int64_t tokens_power) {
  const CellBlock& block = choice.block();
  const std::size_t strategies = block.strategies.size();
  Bucket bucket{std::vector<double>(strategies, 0.0), std::vector<std::size_t>(strategies, 0), std::nullopt};
  for (const std::int64_t hidden : values_of(block.hidden, hidden_power)) {
    for (const std::int64_t tokens : values_of(block.tokens, tokens_power)) {
      const std::vector<bool> known = measured_around(block, hidden, tokens);
      const std::vector<double> ratio = choice.log_ratios(static_cast<double>(hidden), static_cast<double>(tokens));
      std::optional<std::size_t> best;
      for (std::size_t k = 0; k < strategies; ++k) {
        if (known[k] && (!best || ratio[k] < ratio[*best])) best = k;
      }
      if (!best) continue;
      if (hidden == hidden_power && tokens == tokens_power) bucket.corner = best;
      for (std::size_t k = 0; k < strategies; ++k) {
        if (!known[k]) continue;
        ++bucket.estimated[k];
        bucket.regret[k] += std::expm1(ratio[k] - ratio[*best]);
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
  return without(covering, [&](std::size_t k) { return failed_around(block, k, hidden, tokens); });
}

}  // namespace

BucketBlock bucket_block(const StableChoice& choice) {
  const CellBlock& block = choice.block();
  BucketBlock result;
  result.grid = grid_on(block, powers_over(block.hidden), powers_over(block.tokens));
  for (std::size_t cell = 0; cell < result.grid.cells.size(); ++cell) {
    const std::int64_t h = result.grid.hidden_sizes[cell / result.grid.num_tokens.size()];
    const std::int64_t t = result.grid.num_tokens[cell % result.grid.num_tokens.size()];
    // The middle of the bucket stands for it: there a gap is answered, and there strategies tie.
    const double hidden = static_cast<double>(h) * std::numbers::sqrt2;
    const double tokens = static_cast<double>(t) * std::numbers::sqrt2;
    const Bucket bucket = bucket_at(choice, h, t);
    const std::vector<bool> candidates = candidates_of(block, bucket, h, t);
    if (std::ranges::find(candidates, true) == candidates.end()) {
      result.grid.cells[cell] = choice.at(hidden, tokens, candidates_around(block, h, t));
      ++result.filled;
      continue;
    }
    std::size_t best = candidates.size();
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      if (candidates[k] && (best == candidates.size() || bucket.mean(k) < bucket.mean(best))) best = k;
    }
    std::size_t label = best;
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      if (!candidates[k] || !choice.prefers(k, label)) continue;
      if (bucket.mean(k) - bucket.mean(best) <= choice.tie(k, best, hidden, tokens)) label = k;
    }
    result.grid.cells[cell] = static_cast<std::uint16_t>(label);
    result.shapes += bucket.estimated[label];
    result.mean_excess += bucket.regret[label];
    if (bucket.corner && *bucket.corner != label) ++result.moved;
  }
  if (result.shapes > 0) result.mean_excess /= static_cast<double>(result.shapes);
  return result;
}

}  // namespace arbiter
