#include "arbiter/cuda/strip_kernel.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace arbiter::cuda {

namespace {

bool aligned(const void* address) { return reinterpret_cast<std::uintptr_t>(address) % StripPlan::vector_bytes == 0; }

bool aligned(const Bindings& bindings) {
  return aligned(bindings.input) &&
         std::ranges::all_of(bindings.tensors, [](const void* tensor) { return aligned(tensor); });
}

}  // namespace

StripKernel::StripKernel(const Preparation& preparation, DeviceCode code, std::string family, StripPlan plan)
    : problem_(preparation.problem),
      backend_(dynamic_cast<CudaBackend&>(preparation.backend)),
      code_(std::move(code)),
      family_(std::move(family)),
      plan_(plan),
      epilogue_(preparation.fusion.device_epilogue(problem_)),
      bound_(backend_.spin_bound(preparation.timeout, preparation.group)),
      rank_(preparation.group.rank()) {
  const bool whole =
      plan_.has_whole_kernel && problem_.hidden_size * size_of(problem_.dtype) % StripPlan::vector_bytes == 0;
  (whole ? whole_ : any_) = link(whole);
  launch_.block = plan_.block;
  launch_.cluster = static_cast<unsigned>(plan_.blocks);
  launch_.shared_bytes = plan_.shared_bytes();
  launch_.alone = plan_.alone;
  launch_.programmatic = plan_.programmatic;
  launch_.grid = grid_of(whole ? *whole_ : *any_);
}

unsigned StripKernel::grid_of(const Kernel& kernel) const {
  const std::int64_t at_once = std::max(1, kernel.resident_blocks(launch_) / plan_.blocks);
  return static_cast<unsigned>(std::clamp<std::int64_t>(plan_.strips, 1, at_once) * plan_.blocks);
}

std::shared_ptr<Kernel> StripKernel::link(bool whole) const {
  const std::array parts{code_, epilogue_.code};
  return backend_.link(parts,
                       family_ + "_" + plan_.name() + (whole ? "_whole_" : "_") + std::to_string(problem_.tp_size));
}

void StripKernel::describe(StripArguments& arguments) const {
  arguments.num_tokens = problem_.num_tokens;
  arguments.hidden_size = problem_.hidden_size;
  arguments.vectors_per_row = static_cast<std::uint32_t>(plan_.vectors_per_row);
  arguments.rank = rank_;
  arguments.bound = bound_;
}

void StripKernel::bind(StripArguments& arguments, const Bindings& bindings) const {
  arguments.input = bindings.input;
  arguments.epilogue = epilogue_arguments(problem_, bindings, epilogue_);
}

void StripKernel::launch_with(void* parameter, const Bindings& bindings) {
  const bool whole = whole_ != nullptr && aligned(bindings);
  if (!whole && any_ == nullptr) any_ = link(false);
  auto launch = launch_;
  if (!whole && whole_ != nullptr) launch.grid = std::min(launch.grid, grid_of(*any_));
  (whole ? *whole_ : *any_).launch(launch, {&parameter, 1});
}

}  // namespace arbiter::cuda
