#include "model/strategy_numbers.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace arbiter {

namespace {

constexpr std::array<std::pair<long, std::string_view>, 10> numbers{{{0, "NCCL"},
                                                                     {1, "MIN_LATENCY"},
                                                                     {2, "UB"},
                                                                     {3, "AUTO"},
                                                                     {4, "ONESHOT"},
                                                                     {5, "TWOSHOT"},
                                                                     {6, "LOWPRECISION"},
                                                                     {7, "MNNVL"},
                                                                     {8, "NCCL_SYMMETRIC"},
                                                                     {99, "MPI"}}};

}  // namespace

std::optional<std::string> strategy_of_number(long number) {
  for (const auto& [id, name] : numbers) {
    if (id == number) return std::string(name);
  }
  return std::nullopt;
}

std::string known_numbers() {
  std::string text;
  for (const auto& [id, name] : numbers) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", id, name);
  return text;
}

}  // namespace arbiter
