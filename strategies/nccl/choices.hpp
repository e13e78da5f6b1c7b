#pragma once

#include <array>
#include <string>

#include "arbiter/parameters.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter::nccl {

/// What can be asked of one communicator.
struct Choices {
  std::string algorithm;  ///< "ring"; empty: NCCL's own choice
  std::string protocol;   ///< "ll128"; empty: NCCL's own choice
  int channels = 0;       ///< blocks per operation; 0: NCCL's own choice
};

// Channels can be asked of a communicator. Algorithm and protocol cannot: NCCL takes them from the environment, anew
// for each communicator, and from then on has no other for it.
inline constexpr std::array choice_parameters = {
    ParameterSpec{"algorithm", ParameterType::text, "auto", "auto|ring|tree|nvls|nvlstree",
                  "NCCL_ALGO while the communicator is made; auto: whatever the environment says, else NCCL's choice"},
    ParameterSpec{"protocol", ParameterType::text, "auto", "auto|ll|ll128|simple",
                  "NCCL_PROTO while the communicator is made; auto: whatever the environment says, else NCCL's choice"},
    ParameterSpec{"channels", ParameterType::integer, "0", "0..64",
                  "channels of the communicator (minCTAs and maxCTAs, NVLS included), of which NCCL takes fewer for "
                  "small messages; 0: "
                  "NCCL's choice"},
};

/// Throws ConfigError for what NCCL would not do, or would not do as asked: protocols an algorithm does not know,
/// channels when the environment goes before them.
[[nodiscard]] Choices choices_from(const Parameters& values);

/// Whether a group can have them. Not collective, the same on every rank.
[[nodiscard]] Support supports(const Choices& choices, const ProcessGroup& group);

}  // namespace arbiter::nccl
