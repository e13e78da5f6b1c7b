// SPDX-License-Identifier: Apache-2.0
// NCCL_SYMMETRIC on CUDA devices: ncclAllReduce on memory registered in symmetric windows, as engines do that keep
// their activations in such memory. The backend's memory can be registered, so nothing is copied.
#include <memory>
#include <optional>
#include <utility>

#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/error.hpp"
#include "arbiter/strategy.hpp"
#include "communicator.hpp"

namespace {

using namespace arbiter;

/// Windows cover multiples of this; the backend's buffers have room for it.
constexpr std::size_t window_alignment = NCCL_WIN_REQUIRED_ALIGNMENT;
constexpr int first_version_with_windows = NCCL_VERSION(2, 27, 0);

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

Support supports_windows() {
  const int version = nccl::runtime_version();
  const bool has_api = window_api().add != nullptr && window_api().remove != nullptr;
  if (version >= first_version_with_windows && has_api) return Support::yes();
  return Support::no(fmt::format("NCCL {} is loaded; symmetric windows came with 2.27", nccl::version_text(version)));
}

/// Memory registered with a communicator as symmetric: every rank registers as much, and NCCL's kernels access all of
/// it. Deregisters itself.
class Window {
 public:
  /// Collective. Throws Error if NCCL refuses the memory.
  Window(std::shared_ptr<nccl::Communicator> communicator, void* memory, std::size_t bytes)
      : communicator_(std::move(communicator)) {
    communicator_->check(window_api().add(communicator_->get(), memory, bytes, &window_, NCCL_WIN_COLL_SYMMETRIC),
                         fmt::format("register {} bytes as a symmetric window", bytes));
    if (window_ == nullptr) {
      throw Error(
          fmt::format("NCCL {} makes no symmetric windows here: it needs cuMem memory (NCCL_CUMEM_ENABLE=1) and "
                      "peer access between all GPUs",
                      nccl::version_text(nccl::runtime_version())));
    }
  }
  ~Window() {
    if (window_ != nullptr) static_cast<void>(window_api().remove(communicator_->get(), window_));
  }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

 private:
  std::shared_ptr<nccl::Communicator> communicator_;
  ncclWindow_t window_ = nullptr;
};

class SymmetricOperation : public Operation {
 public:
  SymmetricOperation(const Preparation& preparation, std::shared_ptr<nccl::Communicator> communicator)
      : elements_(static_cast<std::size_t>(preparation.problem.elements())),
        bytes_(static_cast<std::size_t>(preparation.problem.message_bytes())),
        datatype_(nccl::datatype_of(preparation.problem.dtype)),
        backend_(dynamic_cast<cuda::CudaBackend&>(preparation.backend)),
        communicator_(std::move(communicator)) {}

  void enqueue(const Bindings& bindings) override {
    const auto stream = static_cast<cudaStream_t>(backend_.stream());
    void* output = bindings.tensors[0];
    // New memory may have the address of freed memory, but not its window.
    const std::pair now{backend_.allocation_id(bindings.input), backend_.allocation_id(output)};
    if (bindings.input != input_ || output != output_ || now != allocations_) {
      register_memory(const_cast<void*>(bindings.input), output, stream);
      allocations_ = now;
    }
    communicator_->check(ncclAllReduce(input_, output_, elements_, datatype_, ncclSum, communicator_->get(), stream),
                         "ncclAllReduce");
  }

 private:
  /// Collective: every rank binds new memory to an operation in the same call of enqueue().
  void register_memory(void* input, void* output, cudaStream_t stream) {
    cudaStreamCaptureStatus capturing = cudaStreamCaptureStatusNone;
    if (cudaStreamIsCapturing(stream, &capturing) != cudaSuccess || capturing != cudaStreamCaptureStatusNone) {
      throw Error(
          "NCCL_SYMMETRIC registers memory in an operation's first run, which cannot be captured: run it once before");
    }
    input_ = output_ = nullptr;
    windows_[0].reset();
    windows_[1].reset();
    const std::size_t rounded = (bytes_ + window_alignment - 1) / window_alignment * window_alignment;
    windows_[0].emplace(communicator_, input, rounded);
    windows_[1].emplace(communicator_, output, rounded);
    input_ = input;
    output_ = output;
  }

  std::size_t elements_;
  std::size_t bytes_;
  ncclDataType_t datatype_;
  cuda::CudaBackend& backend_;
  std::shared_ptr<nccl::Communicator> communicator_;
  std::optional<Window> windows_[2];
  std::pair<std::uint64_t, std::uint64_t> allocations_{};
  void* input_ = nullptr;
  void* output_ = nullptr;
};

class NcclSymmetric : public Strategy {
 public:
  explicit NcclSymmetric(const Parameters& /*none*/) {}

  [[nodiscard]] bool fuses() const override { return false; }

  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    if (Support windows = supports_windows(); !windows) return windows;
    return supports_message(problem, group);
  }

  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    // stream() makes the backend set its device, and NCCL uses the current one.
    const auto stream = static_cast<cudaStream_t>(dynamic_cast<cuda::CudaBackend&>(preparation.backend).stream());
    if (!communicator_)
      communicator_ = std::make_shared<nccl::Communicator>(preparation.group, nccl::Choices{}, stream);
    return std::make_unique<SymmetricOperation>(preparation, communicator_);
  }

 private:
  std::shared_ptr<nccl::Communicator> communicator_;
};

}  // namespace

ARBITER_PLUGIN(NcclSymmetric, {.kind = arbiter::PluginKind::strategy,
                               .name = "NCCL_SYMMETRIC",
                               .version = "1.0",
                               .summary = "ncclAllReduce on memory registered in symmetric windows",
                               .backend = "cuda",
                               .table_id = 8,
                               .parameters = nullptr,
                               .parameter_count = 0})
