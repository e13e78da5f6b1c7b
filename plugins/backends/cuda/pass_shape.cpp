// SPDX-License-Identifier: Apache-2.0
#include "pass_shape.hpp"

#include <algorithm>

namespace arbiter::cuda {

namespace {

constexpr std::int64_t warp = 32;
constexpr std::int64_t largest_block = 1024;
constexpr std::int64_t largest_block_of_3 = 512;  // of threads with three vectors each; a fourth would spill
constexpr std::int64_t usual_block = 256;  // narrow rows share one, because the number of resident blocks is limited

std::int64_t divide_up(std::int64_t value, std::int64_t by) { return (value + by - 1) / by; }

}  // namespace

PassShape pass_shape(const Problem& problem) {
  const std::int64_t vectors = divide_up(problem.hidden_size, 16 / size_of(problem.dtype));
  if (vectors > 3 * largest_block_of_3) {
    return {"arbiter_epilogue_pass_wide", static_cast<unsigned>(largest_block), static_cast<unsigned>(largest_block),
            problem.num_tokens};
  }
  const bool one_per_thread = vectors <= largest_block;
  const std::int64_t group = divide_up(one_per_thread ? vectors : divide_up(vectors, 3), warp) * warp;
  const std::int64_t groups = std::min(std::max<std::int64_t>(usual_block / group, 1), problem.num_tokens);
  return {one_per_thread ? "arbiter_epilogue_pass_1" : "arbiter_epilogue_pass_3", static_cast<unsigned>(group),
          static_cast<unsigned>(group * groups), divide_up(problem.num_tokens, groups)};
}

}  // namespace arbiter::cuda
