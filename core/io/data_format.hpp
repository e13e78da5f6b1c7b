// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arbiter {

/// The formats in which measurements of AllReduce are found.
enum class DataFormat : std::uint8_t {
  none,            ///< none of those below
  cells,           ///< a CSV of Arbiter or of TensorRT-LLM's all_reduce microbenchmark
  bytes,           ///< the same without num_tokens and hidden_size
  nccl_text,       ///< what nccl-tests print
  nccl_json,       ///< what nccl-tests write with -J
  aiconfigurator,  ///< an all-reduce or NCCL performance file of aiconfigurator, as CSV text
  parquet,         ///< its newer form, which Arbiter does not read
};

/// As much of a file as data_format_of() looks at.
inline constexpr std::size_t data_format_head = 65536;

/// The format of a file by its head, also where it is cut, has a byte-order mark or a wrong separator, so that its
/// reader can say so.
[[nodiscard]] DataFormat data_format_of(std::string_view head);

}  // namespace arbiter
