#include "cuda_common/supports.hpp"

#include <fmt/format.h>

#include "arbiter/strategy.hpp"
#include "cuda_common/tile_plan.hpp"

namespace arbiter::cuda {

Support supports_peer_kernels(const Problem& problem, const ProcessGroup& group) {
  if (auto message = supports_message(problem, group); !message) return message;
  if (problem.tp_size != 2 && problem.tp_size != 4 && problem.tp_size != 8) {
    return Support::no(fmt::format("tp_size is {}; its kernels are made for 2, 4 and 8", problem.tp_size));
  }
  if (!group.single_host()) return Support::no("the ranks are on several hosts; it reaches GPUs of one host only");
  const auto largest = TilePlan::largest_hidden_size(problem.dtype);
  if (problem.hidden_size > largest) {
    return Support::no(fmt::format("hidden_size is {}; a row fits a block up to {}", problem.hidden_size, largest));
  }
  constexpr std::int64_t most_vectors = (std::int64_t{1} << 31) - 1;
  if (problem.message_bytes() / TilePlan::vector_bytes + problem.num_tokens > most_vectors) {
    return Support::no(fmt::format("the message is {} bytes; it counts up to 32 GiB", problem.message_bytes()));
  }
  return Support::yes();
}

}  // namespace arbiter::cuda
