// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/engine_cells.hpp"

namespace arbiter::sglang {

/// The release that this follows: its custom AllReduce "v2".
inline constexpr const char* release = "0.5.23";
inline constexpr const char* config_file =
    "sglang/srt/distributed/device_communicators/configs/custom_all_reduce_v2.py";

/// SGLang's kernels in the order in which it tries them, and NCCL where none is left: the names of the paths.
inline constexpr std::array<const char*, 5> paths = {"1shot_push", "2shot_push", "1shot_pull", "2shot_pull", "nccl"};

/// The largest message of each kernel, in bytes, inclusive: what SGLang calls a heuristic. The first that is large
/// enough decides. The range of sizes in which two-shot pulls by multicast is not part of it.
using Row = std::array<std::int64_t, 4>;

inline constexpr std::int64_t vector_bytes = 16;

/// The two rows of a tp_size.
struct Rows {
  Row graph{};  ///< while a CUDA graph is captured
  Row eager{};
};

/// SGLang's own rows on GPUs of an SM version, by tp_size: those it supports.
[[nodiscard]] std::map<int, Rows> shipped_rows(int sm);

/// SGLang's rule on one host.
class Dispatch {
 public:
  /// `max_size`: SGLANG_CUSTOM_ALL_REDUCE_V2_MAX_SIZE_KB, in bytes.
  Dispatch(int tp_size, std::int64_t max_size) : tp_size_(tp_size), max_size_(max_size) {}

  /// The largest message that a kernel's workspace can have: the limit's clip. A slot of two-shot push holds 2 /
  /// tp_size of a message, that of the others all of it.
  [[nodiscard]] std::int64_t most_bytes(std::size_t kernel) const;

  /// Whether the limits are asked for a message: kernels move 16 bytes at a time, and NCCL takes the others.
  [[nodiscard]] bool decides(const Problem& problem) const;

  [[nodiscard]] std::string path_of(const Row& row, const Problem& problem) const;

  /// Whether some row makes it take a path.
  [[nodiscard]] bool can_choose(const Problem& problem, const std::string& path) const;

  /// The bytes on each GPU of the workspaces that rows ask for: pushes have a slot for each rank, twice.
  [[nodiscard]] std::int64_t workspace_bytes(const Rows& rows) const;

 private:
  int tp_size_;
  std::int64_t max_size_;
};

/// The limits that fit the cells best, of measured sizes or round numbers between them, and SGLang's own, which stay
/// where they cost little (fit_limits()).
[[nodiscard]] Row fit_row(const std::vector<EngineCell>& cells, const Row& shipped, const Dispatch& dispatch,
                          FitFor purpose = FitFor::file);

}  // namespace arbiter::sglang
