// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace arbiter::tuner {

/// "Any" in a rule, and for `channels` NCCL's own number.
inline constexpr int any = -1;

/// A line of a tuner's file: which collectives it is for, and what they run.
struct Rule {
  int collective = 0;
  std::uint64_t first_byte = 0;  ///< of the message, inclusive
  std::uint64_t last_byte = 0;   ///< inclusive
  int algorithm = 0;             ///< the row of NCCL's cost table
  int protocol = 0;              ///< its column
  int channels = any;
  int nodes = any;
  int ranks = any;
  int pipe_ops = any;
  int registered = any;

  [[nodiscard]] bool is_for_communicator(std::size_t of_nodes, std::size_t of_ranks) const;
  [[nodiscard]] bool is_for_call(int call, std::size_t bytes, int call_pipe_ops, int is_registered) const;
};

/// The rules of a file in the form of NCCL's example tuner plugin, in their order: lines of colltype, minbytes,
/// maxbytes, algorithm, protocol, channels, nNodes, nRanks, and, where given, numPipeOps and regBuff, with commas
/// between them; empty lines and those that start with # are comments. That plugin takes what it does not know for
/// ring, simple, allreduce or 0; here it is an error. Throws std::invalid_argument: line, field, found, allowed.
[[nodiscard]] std::vector<Rule> parse_rules(std::string_view text);

}  // namespace arbiter::tuner
