// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <nccl.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"
#include "communicator.hpp"

namespace arbiter::nccl {

/// Whether the loaded NCCL has symmetric windows. Not collective.
[[nodiscard]] Support supports_windows();

/// Memory registered with a communicator as symmetric: every rank registers as much, and NCCL's kernels access all of
/// it. Deregisters itself.
class Window {
 public:
  Window(std::shared_ptr<Communicator> communicator, ncclWindow_t window)
      : communicator_(std::move(communicator)), window_(window) {}
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

 private:
  std::shared_ptr<Communicator> communicator_;
  ncclWindow_t window_;
};

/// A communicator and the windows of its memory. Windows cover whole allocations of the backend and are kept when
/// nobody uses them, so that a sweep, which gets the same few allocations again and again, registers each once.
/// NCCL registers collectively and waits without a bound for ranks that failed, so the ranks agree before and after.
class SymmetricWindows {
 public:
  /// Collective. Throws Error on every rank.
  SymmetricWindows(ProcessGroup& group, cuda::CudaBackend& backend, std::chrono::milliseconds timeout);

  using Pair = std::array<std::shared_ptr<Window>, 2>;
  /// Collective. Windows with the memory at both addresses. Throws Error on every rank, with the reason, if one cannot
  /// register; then usable() is false, unless nothing was tried.
  [[nodiscard]] Pair obtain(const void* input, const void* output);

  /// Whether no call has failed on this rank, nor a registration on another.
  [[nodiscard]] bool usable() const { return !communicator_->failed(); }
  [[nodiscard]] Communicator& communicator() const { return *communicator_; }
  /// Registrations so far; the same on every rank.
  [[nodiscard]] std::int64_t registrations() const { return registrations_; }

 private:
  static constexpr int slots = 32;
  static constexpr std::size_t idle_bytes_kept = std::size_t{256} << 20U;  ///< the memory cannot be freed before

  struct Kept {
    std::shared_ptr<Window> window;
    std::uint64_t allocation = 0;  ///< of the backend
    const void* begin = nullptr;
    std::size_t bytes = 0;
    std::int64_t used = 0;  ///< when last, in calls of obtain()
  };
  struct Memory {
    void* begin = nullptr;
    std::uint64_t allocation = 0;
    std::uint64_t bytes = 0;
    std::uint64_t offset = 0;
  };
  /// What one rank has to say about the memory, before all do the same with it.
  struct Claim {
    std::array<std::uint64_t, 2> bytes{};
    std::array<std::uint64_t, 2> offsets{};
    std::array<std::int32_t, 2> slots{};  ///< with a window of it, or -1
    std::uint32_t freed = 0;              ///< slots, as bits, whose memory is freed
    std::uint32_t same = 0;               ///< both addresses are in one allocation
  };

  [[nodiscard]] static std::string text_of(const Claim& claim);
  [[nodiscard]] Memory memory_of(const void* address) const;
  [[nodiscard]] std::int32_t slot_of(const Memory& memory) const;
  [[nodiscard]] std::uint32_t freed_slots() const;
  [[nodiscard]] int make_room(std::size_t bytes);
  [[nodiscard]] int add(const Memory& memory);

  ProcessGroup& group_;
  cuda::CudaBackend& backend_;
  std::chrono::milliseconds limit_;
  std::shared_ptr<Communicator> communicator_;
  std::array<Kept, slots> kept_;
  std::int64_t calls_ = 0;
  std::int64_t registrations_ = 0;
};

}  // namespace arbiter::nccl
