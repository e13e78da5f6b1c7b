// SPDX-License-Identifier: Apache-2.0
#include "trtllm_table/bucket_table.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace arbiter::trtllm {

namespace {

constexpr std::array tp_sizes = {2, 4, 8};
constexpr std::array fusions = {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8",
                                "RESIDUAL_RMS_NORM_QUANT_NVFP4"};
constexpr std::array numbers = {"0", "4", "5", "8"};  // of equal costs the first: NCCL is always available
constexpr double unmeasured_cost = 1e6;

std::int64_t power_of_two_below(std::int64_t value) {
  return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(value)));
}

std::string without_norm_out(std::string fusion) {
  constexpr std::string_view out = "_OUT_QUANT";
  if (const auto place = fusion.find(out); place != std::string::npos) fusion.replace(place, out.size(), "_QUANT");
  return fusion;
}

/// Two-shot needs a token per rank, at the smallest token count of the point.
bool allowed(const Problem& bucket, std::string_view number) {
  return number != "5" || bucket.num_tokens >= bucket.tp_size;
}

}  // namespace

std::optional<Problem> bucket_of(const Problem& problem) {
  Problem bucket{problem.tp_size, DType::bfloat16, without_norm_out(problem.fusion), 0, 0};
  if (std::ranges::find(tp_sizes, problem.tp_size) == tp_sizes.end()) return std::nullopt;
  if (std::ranges::find(fusions, bucket.fusion) == fusions.end()) return std::nullopt;
  if (problem.hidden_size < 128 || problem.hidden_size >= 16384) return std::nullopt;
  if (problem.num_tokens < 1 || problem.num_tokens >= 32768) return std::nullopt;
  bucket.hidden_size = power_of_two_below(problem.hidden_size);
  bucket.num_tokens = power_of_two_below(problem.num_tokens);
  return bucket;
}

BucketTable fit_buckets(const Dataset& paths) {
  std::map<Problem, std::array<double, numbers.size()>> costs;
  for (const auto& [problem, cell] : paths.cells()) {
    const Measurement* best = best_of(cell);
    const auto bucket = bucket_of(problem);
    if (best == nullptr || !bucket) continue;
    auto& cost = costs[*bucket];
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const Measurement* row = row_of(cell, numbers[i]);
      cost[i] += row == nullptr ? unmeasured_cost : row->time_us / best->time_us;
    }
  }
  BucketTable table;
  for (auto& [bucket, cost] : costs) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (!allowed(bucket, numbers[i])) cost[i] = std::numeric_limits<double>::infinity();
    }
    table[bucket] = numbers[static_cast<std::size_t>(std::ranges::min_element(cost) - cost.begin())];
  }
  return table;
}

std::string look_up(const BucketTable& table, const Problem& problem) {
  const auto bucket = bucket_of(problem);
  const auto point = bucket ? table.find(*bucket) : table.end();
  return point == table.end() ? "0" : point->second;
}

}  // namespace arbiter::trtllm
