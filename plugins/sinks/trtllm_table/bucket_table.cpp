// SPDX-License-Identifier: Apache-2.0
#include "trtllm_table/bucket_table.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <set>
#include <utility>

#include "lut/bucket_table.hpp"
#include "lut/stable_table.hpp"

namespace arbiter::trtllm {

namespace {

constexpr std::array tp_sizes = {2, 4, 8};
constexpr std::array fusions = {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8",
                                "RESIDUAL_RMS_NORM_QUANT_NVFP4"};
constexpr double tie = 0.01;  // of the mean regret: two measurements of a machine differ by as much

std::int64_t power_of_two_below(std::int64_t value) {
  return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(value)));
}

std::string without_norm_out(std::string fusion) {
  constexpr std::string_view out = "_OUT_QUANT";
  if (const auto place = fusion.find(out); place != std::string::npos) fusion.replace(place, out.size(), "_QUANT");
  return fusion;
}

/// The mean regret of each id over the cells of a point; of an id without a time in one of them there is none.
std::map<std::string, double> mean_regrets(const std::vector<const EngineCell*>& cells) {
  std::map<std::string, double> means;
  for (const auto& [id, first_time] : cells.front()->times) {
    double sum = 0.0;
    for (const EngineCell* cell : cells) sum += cell->time_of(id) / cell->best - 1.0;
    if (!std::isnan(sum)) means[id] = sum / static_cast<double>(cells.size());
  }
  return means;
}

/// Nothing if no id has a time in all cells.
std::optional<std::string> best_id(const std::vector<const EngineCell*>& cells, const std::string& shipped,
                                   const Dispatch& dispatch, double equal) {
  std::map<std::string, double> means = mean_regrets(cells);
  std::erase_if(means, [&](const auto& entry) {
    return std::ranges::any_of(
        cells, [&](const EngineCell* cell) { return !dispatch.can_choose(cell->problem, entry.first); });
  });
  const auto by_mean = [](const auto& one, const auto& other) { return one.second < other.second; };
  const auto least = std::ranges::min_element(means, by_mean);
  if (least == means.end()) return std::nullopt;
  const auto own = means.find(shipped);
  return own != means.end() && own->second <= least->second + equal ? shipped : least->first;
}

/// What the fit says for points without measurements.
class Gaps {
 public:
  Gaps(const Dataset& times, const Dispatch& dispatch) : dispatch_(dispatch) {
    Dataset read;
    for (const Measurement& row : times.rows()) {
      if (!dispatch.reads(row.problem) || !bucket_of(row.problem)) continue;
      read.add(row);
      if (!row.usable()) continue;
      measured_.try_emplace({row.problem.tp_size, without_norm_out(row.problem.fusion)}, row.problem.fusion);
    }
    if (measured_.empty()) return;
    const StableFit fit(read, 100.0 * tie);
    for (const StableChoice& choice : fit.choices()) buckets_.grids.push_back(bucket_block(choice).grid);
    buckets_.look_up = LookUp::floor_log2;
    buckets_.fallback = none;
    nearest_ = buckets_;
    nearest_.look_up = LookUp::message_size;
  }

  /// Nothing where the engine could not run what the fit says.
  [[nodiscard]] std::optional<std::string> at(const Problem& point) const {
    const auto fusion = measured_.find({point.tp_size, point.fusion});
    if (fusion == measured_.end()) return std::nullopt;
    Problem problem = point;
    problem.fusion = fusion->second;
    std::string id = buckets_.select(problem);
    if (id == none) id = nearest_.select(problem);
    if (id == none || !dispatch_.can_choose(point, id)) return std::nullopt;
    return id;
  }

 private:
  static constexpr const char* none = "none";
  Dispatch dispatch_;
  std::map<std::pair<int, std::string>, std::string> measured_;  // a fusion with times, by tp_size and point's fusion
  DecisionTable buckets_;
  DecisionTable nearest_;
};

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

std::string Dispatch::look_up(const BucketTable& table, const Problem& problem) const {
  const auto bucket = reads(problem) ? bucket_of(problem) : std::nullopt;
  const auto point = bucket ? table.find(*bucket) : table.end();
  return point == table.end() ? nccl_id : point->second;
}

bool Dispatch::can_choose(const Problem& problem, const std::string& id) const {
  if (id == nccl_id) return true;
  const auto bucket = bucket_of(problem);
  return bucket && reads(problem) && (id != two_shot_id || bucket->num_tokens >= problem.tp_size);
}

BucketTable fit_buckets(const std::vector<EngineCell>& cells, const Dataset& times, const BucketTable& shipped,
                        const Dispatch& dispatch, FitFor purpose) {
  std::map<Problem, std::vector<const EngineCell*>> points;
  std::map<std::pair<int, std::string>, std::set<std::string>> known;  // ids with times, by block
  for (const EngineCell& cell : cells) {
    const auto bucket = bucket_of(cell.problem);
    if (!bucket || !dispatch.reads(cell.problem)) continue;
    points[*bucket].push_back(&cell);
    for (const auto& [id, time] : cell.times) known[{bucket->tp_size, bucket->fusion}].insert(id);
  }
  const Gaps gaps(times, dispatch);
  const double equal = purpose == FitFor::file ? tie : 0.0;
  BucketTable table = shipped;
  for (auto& [point, id] : table) {
    if (!known[{point.tp_size, point.fusion}].contains(id) || !dispatch.reads(point)) continue;
    const auto measured = points.find(point);
    const auto fitted = measured == points.end() ? std::nullopt : best_id(measured->second, id, dispatch, equal);
    id = fitted ? *fitted : gaps.at(point).value_or(id);
  }
  return table;
}

}  // namespace arbiter::trtllm
