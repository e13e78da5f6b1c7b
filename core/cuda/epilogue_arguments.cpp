// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/error.hpp"

namespace arbiter::cuda {

EpilogueArguments epilogue_arguments(const Problem& problem, const Bindings& bindings, const DeviceEpilogue& epilogue) {
  if (bindings.tensors.size() > static_cast<std::size_t>(EpilogueArguments::max_tensors)) {
    throw Error(fmt::format("{} has {} tensors; device epilogues take {} at most", problem.fusion,
                            bindings.tensors.size(), EpilogueArguments::max_tensors));
  }
  EpilogueArguments arguments{};
  std::copy(bindings.tensors.begin(), bindings.tensors.end(), arguments.tensors);
  std::copy(epilogue.scalars.begin(), epilogue.scalars.end(), arguments.scalars);
  arguments.num_tokens = problem.num_tokens;
  arguments.hidden_size = problem.hidden_size;
  return arguments;
}

}  // namespace arbiter::cuda
