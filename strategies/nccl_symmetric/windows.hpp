#pragma once

#include <cstddef>
#include <memory>

#include "arbiter/problem.hpp"
#include "communicator.hpp"

namespace arbiter::nccl {

/// Memory that is registered with a communicator as symmetric: every rank has registered as much, and NCCL's kernels
/// reach all of it. Deregisters itself.
class Window {
 public:
  /// Collective. Throws Error where NCCL refuses the memory.
  Window(std::shared_ptr<Communicator> communicator, void* memory, std::size_t bytes);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

 private:
  std::shared_ptr<Communicator> communicator_;
  ncclWindow_t window_ = nullptr;
};

/// Whether the NCCL of this process has windows.
[[nodiscard]] Support supports_windows();

}  // namespace arbiter::nccl
