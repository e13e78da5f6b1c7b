// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// The values along the four axes of a table.
struct TableAxes {
  std::vector<std::int64_t> tp_sizes;
  std::vector<std::string> fusions;
  std::vector<std::int64_t> hidden_sizes;
  std::vector<std::int64_t> num_tokens;
};

/// The axes of TensorRT-LLM's table: tp_size 2, 4, 8; four fusions; hidden_size 128..8192 and num_tokens 1..16384 in
/// powers of two.
[[nodiscard]] TableAxes seed_axes();

/// Every value that the data have, ascending; fusions in order of first appearance.
[[nodiscard]] TableAxes data_axes(const Dataset& dataset);

/// The C++ source of a table: [tp_size][fusion][hidden_size][num_tokens] = id. `id` is called once for each point, in
/// that order, with problems of the given dtype.
[[nodiscard]] std::string table_text(const TableAxes& axes, const std::string& table_name, DType dtype,
                                     const std::function<int(const Problem&)>& id);

/// The points that are not `measured`, for the head of a table: "Not measured: tp 8", "Not measured: tp 2, NONE, hidden
/// 128: tokens 1..4, 64". Empty if all are.
[[nodiscard]] std::vector<std::string> unmeasured_lines(const TableAxes& axes, DType dtype,
                                                        const std::function<bool(const Problem&)>& measured);

}  // namespace arbiter
