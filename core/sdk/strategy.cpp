#include "arbiter/strategy.hpp"

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter {

Support Strategy::supports(const Problem& problem, const ProcessGroup& group) const {
  return do_supports(problem, group).with_reason();
}

std::unique_ptr<Operation> Strategy::prepare(const Preparation& preparation) {
  auto operation = do_prepare(preparation);
  if (operation == nullptr) throw PluginError("it prepared nothing");
  return operation;
}

Support supports_message(const Problem& problem, const ProcessGroup& group) {
  if (problem.tp_size != group.size()) {
    return Support::no(fmt::format("tp_size is {}, the group has {} ranks", problem.tp_size, group.size()));
  }
  if (problem.num_tokens < 1 || problem.hidden_size < 1) {
    return Support::no(
        fmt::format("{} tokens x {} elements: the message is empty", problem.num_tokens, problem.hidden_size));
  }
  switch (problem.dtype) {
    case DType::bfloat16:
    case DType::float16:
    case DType::float32: return Support::yes();
    default: return Support::no(fmt::format("{} is no message dtype", name_of(problem.dtype)));
  }
}

}  // namespace arbiter
