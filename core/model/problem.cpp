#include "arbiter/problem.hpp"

#include <fmt/format.h>

namespace arbiter {

std::string to_string(const Problem& problem) {
  return fmt::format("tp {}, {}, {}, {} tokens x {}", problem.tp_size, name_of(problem.dtype), problem.fusion,
                     problem.num_tokens, problem.hidden_size);
}

}  // namespace arbiter
