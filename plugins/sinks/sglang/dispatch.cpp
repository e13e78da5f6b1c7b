// SPDX-License-Identifier: Apache-2.0
#include "sglang/dispatch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "common/limit_fit.hpp"

namespace arbiter::sglang {

namespace {

constexpr std::size_t one_shot_push = 0;
constexpr std::size_t two_shot_push = 1;
constexpr std::size_t one_shot_pull = 2;
constexpr std::size_t two_shot_pull = 3;
constexpr std::size_t nccl = paths.size() - 1;
constexpr double without_time = 1e4;  // no measured path is as slow

std::int64_t up_to_multiple(std::int64_t value, std::int64_t unit) { return (value + unit - 1) / unit * unit; }

/// What each path costs at each message size: the sum of regrets.
using SizeCosts = std::map<std::int64_t, std::array<double, paths.size()>>;

SizeCosts costs_of(const std::vector<EngineCell>& cells, const Dispatch& dispatch) {
  SizeCosts costs;
  for (const EngineCell& cell : cells) {
    if (!dispatch.decides(cell.problem)) continue;
    auto& sums = costs.try_emplace(cell.problem.message_bytes()).first->second;
    for (std::size_t path = 0; path < paths.size(); ++path) {
      const bool possible = dispatch.can_choose(cell.problem, paths.at(path));
      const double time = possible ? cell.time_of(paths.at(path)) : Measurement::none;
      sums.at(path) += std::isnan(time) ? without_time : time / cell.best - 1.0;
    }
  }
  return costs;
}

/// The path of each size with the least total cost, where a path never follows one that is tried later.
std::vector<std::size_t> best_sequence(const SizeCosts& costs) {
  std::vector<std::array<std::size_t, paths.size()>> before;
  std::array<double, paths.size()> total{};
  for (const auto& [bytes, cost] : costs) {
    std::array<double, paths.size()> next{};
    auto& from = before.emplace_back();
    std::size_t best = 0;
    for (std::size_t path = 0; path < paths.size(); ++path) {
      if (total[path] <= total[best]) best = path;
      from[path] = best;
      next[path] = total[best] + cost[path];
    }
    total = next;
  }
  std::size_t path = 0;
  for (std::size_t other = 1; other < paths.size(); ++other) {
    if (total[other] <= total[path]) path = other;
  }
  std::vector<std::size_t> sequence(costs.size());
  for (std::size_t size = costs.size(); size-- > 0;) {
    sequence[size] = path;
    path = before[size][path];
  }
  return sequence;
}

/// The power of two, or three halves of one, that divides two sizes, the first included; the first if there is none.
std::int64_t round_between(std::int64_t from, std::int64_t to) {
  const auto above = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(from)));
  if (above < to) return above;
  const std::int64_t three_halves = above / 4 * 3;
  return three_halves >= from && three_halves < to ? three_halves : from;
}

/// Limits worth trying for one kernel: that of the best sequence, and one measured size less and more.
std::vector<std::int64_t> candidates(std::size_t kernel, const std::vector<std::int64_t>& sizes,
                                     const std::vector<std::size_t>& sequence, std::int64_t most) {
  const auto end = std::ranges::find_if(sequence, [&](std::size_t path) { return path > kernel; }) - sequence.begin();
  std::set<std::int64_t> limits;
  for (std::ptrdiff_t count = end - 1; count <= end + 1; ++count) {
    if (count < 0 || count > std::ssize(sizes)) continue;
    const auto index = static_cast<std::size_t>(count);
    if (index == 0) {
      limits.insert(0);
    } else {
      const std::int64_t next = index < sizes.size() ? sizes[index] : sizes[index - 1] + 1;
      limits.insert(std::min(round_between(sizes[index - 1], next), most));
    }
  }
  return {limits.begin(), limits.end()};
}

}  // namespace

std::int64_t Dispatch::most_bytes(std::size_t kernel) const {
  return kernel == two_shot_push ? max_size_ / (2 * vector_bytes) * vector_bytes * tp_size_ : max_size_;
}

bool Dispatch::decides(const Problem& problem) const { return problem.message_bytes() % vector_bytes == 0; }

std::string Dispatch::path_of(const Row& row, const Problem& problem) const {
  if (!decides(problem)) return paths[nccl];
  const std::int64_t bytes = problem.message_bytes();
  std::size_t path = 0;
  while (path < row.size() && bytes > std::min(row[path], most_bytes(path))) ++path;
  return paths[path];
}

bool Dispatch::can_choose(const Problem& problem, const std::string& path) const {
  const auto place = static_cast<std::size_t>(std::ranges::find(paths, path) - paths.begin());
  return place == nccl || (decides(problem) && problem.message_bytes() <= most_bytes(place));
}

std::int64_t Dispatch::workspace_bytes(const Rows& rows) const {
  constexpr std::int64_t alignment = 1024;
  std::int64_t push = 0;
  std::int64_t pull = 0;
  for (const Row& row : {rows.graph, rows.eager}) {
    const std::int64_t slot =
        2 * vector_bytes * (up_to_multiple(row[two_shot_push], vector_bytes * tp_size_) / (vector_bytes * tp_size_));
    push = std::max({push, row[one_shot_push], slot});
    pull = std::max({pull, row[one_shot_pull], row[two_shot_pull]});
  }
  push = up_to_multiple(std::clamp(push, alignment, max_size_), alignment);
  pull = up_to_multiple(std::min(pull, max_size_), alignment);
  return push * 2 * tp_size_ + pull;
}

Row fit_row(const std::vector<EngineCell>& cells, const Row& shipped, const Dispatch& dispatch, FitFor purpose) {
  const SizeCosts costs = costs_of(cells, dispatch);
  const std::vector<std::size_t> sequence = best_sequence(costs);
  std::vector<std::int64_t> sizes;
  for (const auto& [bytes, cost] : costs) sizes.push_back(bytes);
  std::vector<Limit> limits;
  for (std::size_t kernel = 0; kernel < shipped.size(); ++kernel) {
    limits.push_back({shipped[kernel], candidates(kernel, sizes, sequence, dispatch.most_bytes(kernel))});
  }
  const auto to_row = [](const std::vector<std::int64_t>& values) {
    Row row{};
    std::ranges::copy(values, row.begin());
    return row;
  };
  const auto path = [&](const Problem& problem, const std::vector<std::int64_t>& values) {
    return dispatch.path_of(to_row(values), problem);
  };
  const auto fitted = fit_limits(cells, limits, path, purpose);
  return fitted ? to_row(*fitted) : shipped;
}

}  // namespace arbiter::sglang
