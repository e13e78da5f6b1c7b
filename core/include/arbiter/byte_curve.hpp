// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"

namespace arbiter {

/// Times of an AllReduce over the size of its message, as tools write them that know no tokens and hidden sizes
/// (nccl-tests, aiconfigurator). For pictures and comparisons only: a curve has no cells, so no heuristic sees it. A
/// value; not synchronised.
struct ByteCurve {
  struct Point {
    std::int64_t bytes = 0;  ///< the message of each rank, at least 1
    double time_us = 0.0;    ///< of one operation, in microseconds; above 0
  };

  std::string name;  ///< the strategy as its writer calls it: "NCCL", "NCCL in place", "ONESHOT"
  std::string fusion = "NONE";
  std::string dtype;           ///< as in CSVs where Arbiter has it, else its writer's name; empty if not known
  int tp_size = 0;             ///< the ranks of one operation; 0 if not known
  Setting setting;             ///< as far as the file says it
  std::string origin;          ///< the tool and what it says of itself and the machine, for people; may be empty
  std::filesystem::path file;  ///< that it was read from
  std::vector<Point> points;   ///< ascending in bytes, each size once
};

/// "NCCL, tp 8, float16, NONE, 3 sizes from 8 to 1048576 bytes (all_reduce.txt)": one line for people.
[[nodiscard]] ARBITER_EXPORT std::string to_string(const ByteCurve& curve);

}  // namespace arbiter
