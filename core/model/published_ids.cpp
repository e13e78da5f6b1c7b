// SPDX-License-Identifier: Apache-2.0
#include "model/published_ids.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace arbiter {

namespace {

constexpr long first_unpublished = 99;
constexpr std::array<std::pair<int, std::string_view>, 10> ids{{{0, "NCCL"},
                                                                {1, "MIN_LATENCY"},
                                                                {2, "UB"},
                                                                {3, "AUTO"},
                                                                {4, "ONESHOT"},
                                                                {5, "TWOSHOT"},
                                                                {6, "LOWPRECISION"},
                                                                {7, "MNNVL"},
                                                                {8, "NCCL_SYMMETRIC"},
                                                                {first_unpublished, "MPI"}}};

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

std::string known_table_ids() {
  std::string text;
  for (const auto& [id, name] : ids) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", id, name);
  return text;
}

}  // namespace arbiter
