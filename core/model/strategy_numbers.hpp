#pragma once

#include <optional>
#include <string>

namespace arbiter {

/// The strategy of a number in a look-up table: AllReduceStrategyType of TensorRT-LLM, and 99, Arbiter's MPI. A third
/// party's number says no name by itself.
[[nodiscard]] std::optional<std::string> strategy_of_number(long number);

/// "0 NCCL, 1 MIN_LATENCY, ...": for messages.
[[nodiscard]] std::string known_numbers();

}  // namespace arbiter
