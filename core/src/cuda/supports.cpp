#include "arbiter/cuda/supports.hpp"

#include <fmt/format.h>

#include "arbiter/cuda/strip_plan.hpp"

namespace arbiter::cuda {

Support supports_peer_kernels(const Problem& problem, const ProcessGroup& group) {
  if (problem.tp_size != group.size()) {
    return Support::no(fmt::format("tp_size is {}, the group has {} ranks", problem.tp_size, group.size()));
  }
  if (problem.tp_size != 2 && problem.tp_size != 4 && problem.tp_size != 8) {
    return Support::no(fmt::format("tp_size is {}; its kernels are made for 2, 4 and 8", problem.tp_size));
  }
  if (!group.single_host()) return Support::no("the ranks are on several hosts; it reaches GPUs of one host only");
  if (problem.dtype != DType::bfloat16 && problem.dtype != DType::float16 && problem.dtype != DType::float32) {
    return Support::no(fmt::format("{} is no message dtype", name_of(problem.dtype)));
  }
  if (problem.num_tokens < 1 || problem.hidden_size < 1) {
    return Support::no(
        fmt::format("{} tokens x {} elements: the message is empty", problem.num_tokens, problem.hidden_size));
  }
  const auto largest = StripPlan::largest_hidden_size(problem.dtype);
  if (problem.hidden_size > largest) {
    return Support::no(fmt::format("hidden_size is {}; a row fits a block up to {}", problem.hidden_size, largest));
  }
  return Support::yes();
}

}  // namespace arbiter::cuda
