// SPDX-License-Identifier: Apache-2.0
#include "epilogue_pass.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/guarded_buffer.hpp"
#include "device_code/epilogue_pass.hpp"
#include "pass_shape.hpp"

namespace arbiter::cuda {

namespace {

class EpiloguePass : public Operation, public GuardsMemory {
 public:
  EpiloguePass(CudaBackend& backend, std::unique_ptr<Operation> reduction, DeviceEpilogue epilogue,
               const Problem& problem)
      : reduction_(std::move(reduction)),
        epilogue_(std::move(epilogue)),
        problem_(problem),
        reduced_(backend, static_cast<std::size_t>(problem.message_bytes())),
        reduced_pointer_(reduced_.data()) {
    const PassShape shape = pass_shape(problem);
    const std::array parts{epilogue_pass_code(problem.dtype), epilogue_.code};
    kernel_ = backend.link(parts, shape.entry);
    const std::int64_t resident = std::max(kernel_->resident_blocks({.block = shape.block}), 1);
    launch_.grid = static_cast<unsigned>(std::clamp<std::int64_t>(shape.blocks, 1, resident));
    launch_.block = shape.block;
    group_threads_ = static_cast<int>(shape.group_threads);
  }

  void enqueue(const Bindings& bindings) override {
    reduction_->enqueue({bindings.input, {&reduced_pointer_, 1}});
    EpilogueArguments epilogue = epilogue_arguments(problem_, bindings, epilogue_);
    const std::array<void*, 4> arguments{&reduced_pointer_, &epilogue, &group_threads_, &epilogue_.needs_row};
    kernel_->launch(launch_, arguments);
  }

  [[nodiscard]] std::string take_written() override {
    return reduced_.take_intact() ? "" : "the memory around the message that the epilogue reads";
  }

 private:
  std::unique_ptr<Operation> reduction_;
  DeviceEpilogue epilogue_;
  Problem problem_;
  GuardedBuffer reduced_;
  void* reduced_pointer_;
  std::shared_ptr<Kernel> kernel_;
  Launch launch_;
  int group_threads_ = 0;
};

}  // namespace

std::unique_ptr<Operation> make_epilogue_pass(CudaBackend& backend, std::unique_ptr<Operation> reduction,
                                              const Fusion& fusion, const Problem& problem) {
  DeviceEpilogue epilogue = fusion.device_epilogue(problem);
  if (epilogue.code.empty()) {
    throw Error(fmt::format("{} has no epilogue for {} on CUDA devices", problem.fusion, name_of(problem.dtype)));
  }
  return std::make_unique<EpiloguePass>(backend, std::move(reduction), std::move(epilogue), problem);
}

}  // namespace arbiter::cuda
