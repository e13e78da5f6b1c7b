// SPDX-License-Identifier: Apache-2.0
#include "model/published_ids.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace arbiter {

namespace {

constexpr long first_unpublished = 99;
constexpr std::array<std::pair<int, std::string_view>, 11> ids{{{0, "NCCL"},
                                                                {1, "MIN_LATENCY"},
                                                                {2, "UB"},
                                                                {3, "AUTO"},
                                                                {4, "ONESHOT"},
                                                                {5, "TWOSHOT"},
                                                                {6, "LOWPRECISION"},
                                                                {7, "MNNVL"},
                                                                {8, "NCCL_SYMMETRIC"},
                                                                {9, "SYMM_MEM"},
                                                                {first_unpublished, "MPI"}}};

/// By their numbers.
constexpr std::array<std::string_view, 10> fusions{"NONE",
                                                   "RESIDUAL_RMS_NORM",
                                                   "LAST_PROCESS_FOR_UB",
                                                   "RESIDUAL_RMS_PREPOST_NORM",
                                                   "RESIDUAL_RMS_NORM_QUANT_FP8",
                                                   "RESIDUAL_RMS_NORM_QUANT_NVFP4",
                                                   "RESIDUAL_RMS_NORM_OUT_QUANT_FP8",
                                                   "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4",
                                                   "MOE_FINALIZE_ALLREDUCE_RESIDUAL_RMS_NORM",
                                                   "RMS_NORM"};

}  // namespace

std::optional<int> published_table_id(std::string_view strategy) {
  for (const auto& [id, name] : ids) {
    if (name == strategy && id < first_unpublished) return id;
  }
  return std::nullopt;
}

std::optional<std::string> strategy_of_table_id(long id) {
  for (const auto& [known, name] : ids) {
    if (known == id) return std::string(name);
  }
  return std::nullopt;
}

std::optional<std::string> fusion_of_id(long id) {
  if (id < 0 || id >= static_cast<long>(fusions.size())) return std::nullopt;
  return std::string(fusions[static_cast<std::size_t>(id)]);
}

std::vector<std::string> published_strategies() {
  std::vector<std::string> names;
  names.reserve(std::size(ids));
  for (const auto& [id, name] : ids) names.emplace_back(name);
  return names;
}

std::vector<std::string> published_fusions() { return {fusions.begin(), fusions.end()}; }

std::string known_table_ids() {
  std::string text;
  for (const auto& [id, name] : ids) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", id, name);
  return text;
}

}  // namespace arbiter
