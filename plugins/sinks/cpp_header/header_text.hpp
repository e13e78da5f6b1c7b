#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/decision_table.hpp"

namespace arbiter {

/// What the header is to say and to be called.
struct HeaderOptions {
  std::string name_space = "arbiter_decision";  ///< "engine::allreduce" too
  std::vector<std::string> comments;            ///< lines on where the decision comes from
};

/// A header of C++17 that needs the standard library only and answers as `table` does, for every shape.
[[nodiscard]] std::string header_text(const DecisionTable& table, const HeaderOptions& options,
                                      const std::function<std::optional<int>(const std::string&)>& table_id);

}  // namespace arbiter
