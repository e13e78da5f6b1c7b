// SPDX-License-Identifier: Apache-2.0
#include "symmetric_windows.hpp"

#include <algorithm>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <cuda.h>
#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter::nccl {

namespace {

constexpr int first_version_with_windows = NCCL_VERSION(2, 27, 0);

/// A registration takes milliseconds, the first of a communicator some hundred: it makes NCCL's kernels ready too.
constexpr std::chrono::milliseconds least_limit{10'000};

/// Looked up, not linked, so that with an older NCCL the plugin loads and can say why it cannot be used.
struct WindowApi {
  decltype(&ncclCommWindowRegister) add = nullptr;
  decltype(&ncclCommWindowDeregister) remove = nullptr;
};

WindowApi find_api() {
  WindowApi api;
  // Loaded already: this plugin links it.
  void* library = ::dlopen("libnccl.so.2", RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) return api;
  api.add = reinterpret_cast<decltype(api.add)>(::dlsym(library, "ncclCommWindowRegister"));
  api.remove = reinterpret_cast<decltype(api.remove)>(::dlsym(library, "ncclCommWindowDeregister"));
  ::dlclose(library);
  return api;
}

const WindowApi& window_api() {
  static const WindowApi api = find_api();
  return api;
}

/// Begin and bytes of the allocation that contains `address`.
std::pair<void*, std::size_t> range_of(const void* address) {
  static const auto find = [] {
    void* found = nullptr;
    cudaDriverEntryPointQueryResult result{};
#if CUDART_VERSION >= 12050
    const auto code =
        cudaGetDriverEntryPointByVersion("cuMemGetAddressRange", &found, 12000, cudaEnableDefault, &result);
#else
    const auto code = cudaGetDriverEntryPoint("cuMemGetAddressRange", &found, cudaEnableDefault, &result);
#endif
    if (code != cudaSuccess || result != cudaDriverEntryPointSuccess) found = nullptr;
    return reinterpret_cast<decltype(&cuMemGetAddressRange)>(found);
  }();
  if (find == nullptr) throw Error("the CUDA driver has no cuMemGetAddressRange");
  CUdeviceptr begin = 0;
  std::size_t bytes = 0;
  const CUresult code = find(&begin, &bytes, reinterpret_cast<CUdeviceptr>(address));
  if (code != CUDA_SUCCESS) {
    throw Error(fmt::format("cuMemGetAddressRange: driver error {}", static_cast<int>(code)));
  }
  return {reinterpret_cast<void*>(begin), bytes};  // NOLINT(performance-no-int-to-ptr)
}

struct Registered {
  ncclResult_t result = ncclSuccess;
  ncclWindow_t window = nullptr;
  std::string message;
};

/// Keeps the code that a thread is in for as long as the process lives.
void keep_loaded() {
  static_cast<void>(::dlopen("libnccl.so.2", RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE));
  Dl_info own{};
  if (::dladdr(reinterpret_cast<void*>(&keep_loaded), &own) != 0 && own.dli_fname != nullptr) {
    static_cast<void>(::dlopen(own.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE));
  }
}

/// Nothing if NCCL has not returned within `limit`: it waits for a rank that failed. Its thread then stays in the call,
/// so the communicator must be abandoned.
std::optional<Registered> register_within(std::chrono::milliseconds limit, ncclComm_t communicator, void* memory,
                                          std::size_t bytes) {
  int device = 0;
  if (const auto code = cudaGetDevice(&device); code != cudaSuccess) {
    return Registered{ncclUnhandledCudaError, nullptr, fmt::format("cudaGetDevice: {}", cudaGetErrorString(code))};
  }
  const auto registered = std::make_shared<Registered>();
  std::packaged_task<void()> task([=] {
    static_cast<void>(cudaSetDevice(device));
    registered->result = window_api().add(communicator, memory, bytes, &registered->window, NCCL_WIN_COLL_SYMMETRIC);
    if (registered->result != ncclSuccess) registered->message = message_of(registered->result, communicator);
  });
  auto done = task.get_future();
  std::thread thread(std::move(task));
  if (done.wait_for(limit) == std::future_status::ready) {
    thread.join();
    return *registered;
  }
  keep_loaded();
  thread.detach();
  return {};
}

}  // namespace

Support supports_windows() {
  const int version = runtime_version();
  const bool has_api = window_api().add != nullptr && window_api().remove != nullptr;
  if (version >= first_version_with_windows && has_api) return Support::yes();
  return Support::no(fmt::format("NCCL {} is loaded; symmetric windows came with 2.27", version_text(version)));
}

Window::~Window() {
  if (communicator_->get() != nullptr) static_cast<void>(window_api().remove(communicator_->get(), window_));
}

// stream() makes the backend set its device, and NCCL uses the current one.
SymmetricWindows::SymmetricWindows(ProcessGroup& group, cuda::CudaBackend& backend, std::chrono::milliseconds timeout)
    : group_(group),
      backend_(backend),
      limit_(std::max(timeout, least_limit)),
      communicator_(std::make_shared<Communicator>(group, Choices{}, static_cast<cudaStream_t>(backend.stream()))) {}

SymmetricWindows::Memory SymmetricWindows::memory_of(const void* address) const {
  Memory memory;
  memory.allocation = backend_.allocation_id(address);
  if (memory.allocation == 0) {
    throw Error("memory that the backend did not allocate, or allocated with cudaMalloc, takes no symmetric window");
  }
  const auto [begin, bytes] = range_of(address);
  memory.begin = begin;
  memory.bytes = bytes;
  memory.offset = static_cast<std::uint64_t>(static_cast<const char*>(address) - static_cast<const char*>(begin));
  return memory;
}

std::int32_t SymmetricWindows::slot_of(const Memory& memory) const {
  for (int slot = 0; slot < slots; ++slot) {
    const Kept& kept = kept_[static_cast<std::size_t>(slot)];
    if (kept.window != nullptr && kept.allocation == memory.allocation) return slot;
  }
  return -1;
}

std::uint32_t SymmetricWindows::freed_slots() const {
  std::uint32_t freed = 0;
  for (int slot = 0; slot < slots; ++slot) {
    const Kept& kept = kept_[static_cast<std::size_t>(slot)];
    if (kept.window != nullptr && backend_.allocation_id(kept.begin) != kept.allocation) {
      freed |= std::uint32_t{1} << static_cast<unsigned>(slot);
    }
  }
  return freed;
}

std::string SymmetricWindows::text_of(const Claim& claim) {
  return fmt::format("input and output at {} of {} and at {} of {} bytes{}", claim.offsets[0], claim.bytes[0],
                     claim.offsets[1], claim.bytes[1], claim.same != 0 ? " in one allocation" : "");
}

SymmetricWindows::Pair SymmetricWindows::obtain(const void* input, const void* output) {
  ++calls_;
  std::array<Memory, 2> memory;
  Claim own;
  const std::string failure = failure_of([&] {
    if (!usable()) throw Error("the NCCL communicator of the symmetric windows failed before");
    memory = {memory_of(input), memory_of(output)};
    own.freed = freed_slots();
    own.same = memory[0].allocation == memory[1].allocation ? 1 : 0;
    for (std::size_t i = 0; i < memory.size(); ++i) {
      own.bytes[i] = memory[i].bytes;
      own.offsets[i] = memory[i].offset;
      own.slots[i] = slot_of(memory[i]);
    }
  });
  if (const auto agreed = first_failure(failure, group_); !agreed.empty()) throw Error(agreed);

  // From here on all ranks do the same, because all decide by the claims of all: NCCL gives each registration its place
  // in the address range of the peers by the order of registrations, and skips the exchange with them for memory that
  // it has already.
  std::vector<Claim> claims(static_cast<std::size_t>(group_.size()));
  group_.all_gather(&own, claims.data(), sizeof own);
  std::uint32_t freed = 0;
  for (std::size_t rank = 0; rank < claims.size(); ++rank) {
    const Claim& claim = claims[rank];
    freed |= claim.freed;
    if (claim.bytes == claims[0].bytes && claim.offsets == claims[0].offsets && claim.same == claims[0].same) continue;
    throw Error(fmt::format("symmetric windows need the same memory on every rank: rank 0 has {}, rank {} has {}",
                            text_of(claims[0]), rank, text_of(claim)));
  }
  for (int slot = 0; slot < slots; ++slot) {
    if ((freed >> static_cast<unsigned>(slot) & 1U) != 0) kept_[static_cast<std::size_t>(slot)] = {};
  }
  std::array<int, 2> found{};
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i] = claims[0].slots[i];
    if (std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) { return claim.slots[i] != found[i]; })) {
      found[i] = -1;
      for (const Claim& claim : claims) {
        if (claim.slots[i] < 0) continue;
        Kept& kept = kept_[static_cast<std::size_t>(claim.slots[i])];
        if (kept.window.use_count() > 1) {
          throw Error("some ranks have a symmetric window of this memory, which another operation uses, others not");
        }
        kept = {};
      }
    }
  }
  Pair windows;  // those there are first, so that new ones do not take their place
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] < 0) continue;
    Kept& kept = kept_[static_cast<std::size_t>(found[i])];
    kept.used = calls_;
    windows[i] = kept.window;  // null if it was dropped just now
  }
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (windows[i] != nullptr) continue;
    windows[i] = i == 1 && own.same != 0 ? windows[0] : kept_[static_cast<std::size_t>(add(memory[i]))].window;
  }
  return windows;
}

int SymmetricWindows::make_room(std::size_t bytes) {
  for (;;) {
    int unused = -1;
    Kept* oldest = nullptr;
    std::size_t idle = bytes;
    for (int slot = 0; slot < slots; ++slot) {
      Kept& kept = kept_[static_cast<std::size_t>(slot)];
      if (kept.window == nullptr) unused = slot;
      if (kept.window == nullptr || kept.window.use_count() > 1) continue;
      idle += kept.bytes;
      if (oldest == nullptr || kept.used < oldest->used) oldest = &kept;
    }
    if (oldest == nullptr || (unused >= 0 && idle <= idle_bytes_kept)) {
      if (unused < 0) throw Error(fmt::format("operations use {} symmetric windows, which is all there are", slots));
      return unused;
    }
    *oldest = {};
  }
}

int SymmetricWindows::add(const Memory& memory) {
  const int slot = make_room(memory.bytes);
  const auto registered = register_within(limit_, communicator_->get(), memory.begin, memory.bytes);
  ++registrations_;
  std::string refusal;
  std::string silence;
  if (!registered) {
    silence = fmt::format("no answer within {:.1f} s", std::chrono::duration<double>(limit_).count());
  } else if (registered->result != ncclSuccess) {
    refusal = registered->message;
  } else if (registered->window == nullptr) {
    refusal = fmt::format(
        "NCCL {} makes no symmetric windows here: it needs cuMem memory (NCCL_CUMEM_ENABLE=1) and peer access between "
        "all GPUs",
        version_text(runtime_version()));
  } else {
    kept_[static_cast<std::size_t>(slot)] = {std::make_shared<Window>(communicator_, registered->window),
                                             memory.allocation, memory.begin, memory.bytes, calls_};
  }
  // A rank that fails leaves the others waiting in NCCL: its reason says more than their silence.
  std::string failure = first_failure(refusal, group_);
  if (failure.empty()) failure = first_failure(silence, group_);
  if (failure.empty()) return slot;
  if (registered) {
    communicator_->fail();
  } else {
    communicator_->abandon();
  }
  throw Error(
      fmt::format("register {} bytes as a symmetric window, number {} of this communicator: {} "
                  "(NCCL_DEBUG=WARN shows in which call)",
                  memory.bytes, registrations_, failure));
}

}  // namespace arbiter::nccl
