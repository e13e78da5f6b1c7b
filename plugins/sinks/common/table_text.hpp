#pragma once

#include <functional>
#include <string>

#include "arbiter/problem.hpp"
#include "common/table_axes.hpp"

namespace arbiter {

/// The C++ source of a table: [tp][fusion][hidden][tokens] = id. `id` is asked once for each point, in that order;
/// the dtype of its problems is `dtype`.
[[nodiscard]] std::string table_text(const TableAxes& axes, const std::string& table_name, DType dtype,
                                     const std::function<int(const Problem&)>& id);

}  // namespace arbiter
