// NCCL_SYMMETRIC on CUDA devices: ncclAllReduce on memory that is registered in symmetric windows, as engines do that
// keep their activations in such memory. The backend's memory can be registered, so nothing is copied.
#include <memory>
#include <optional>
#include <utility>

#include <cuda_runtime_api.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/error.hpp"
#include "arbiter/strategy.hpp"
#include "communicator.hpp"
#include "windows.hpp"

namespace {

using namespace arbiter;

/// Whole pages of the memory at `data`: windows have a granularity, and so have the backend's buffers.
constexpr std::size_t window_alignment = NCCL_WIN_REQUIRED_ALIGNMENT;

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
    // Memory that was freed and made anew may have its old address, but not its old window.
    const std::pair now{backend_.buffer_number(bindings.input), backend_.buffer_number(output)};
    if (bindings.input != input_ || output != output_ || now != buffers_) {
      register_memory(const_cast<void*>(bindings.input), output, stream);
      buffers_ = now;
    }
    communicator_->check(ncclAllReduce(input_, output_, elements_, datatype_, ncclSum, communicator_->get(), stream),
                         "ncclAllReduce");
  }

 private:
  /// Collective. All ranks come here together: each operation meets its memory for the first time on all of them.
  void register_memory(void* input, void* output, cudaStream_t stream) {
    cudaStreamCaptureStatus capturing = cudaStreamCaptureStatusNone;
    if (cudaStreamIsCapturing(stream, &capturing) != cudaSuccess || capturing != cudaStreamCaptureStatusNone) {
      throw Error(
          "NCCL_SYMMETRIC registers its memory in an operation's first run, which cannot be captured: run it once");
    }
    input_ = output_ = nullptr;
    windows_[0].reset();
    windows_[1].reset();
    const std::size_t whole = (bytes_ + window_alignment - 1) / window_alignment * window_alignment;
    windows_[0].emplace(communicator_, input, whole);
    windows_[1].emplace(communicator_, output, whole);
    input_ = input;
    output_ = output;
  }

  std::size_t elements_;
  std::size_t bytes_;
  ncclDataType_t datatype_;
  cuda::CudaBackend& backend_;
  std::shared_ptr<nccl::Communicator> communicator_;
  std::optional<nccl::Window> windows_[2];
  std::pair<std::uint64_t, std::uint64_t> buffers_{};
  void* input_ = nullptr;
  void* output_ = nullptr;
};

class NcclSymmetric : public Strategy {
 public:
  explicit NcclSymmetric(const Parameters& /*none*/) {}

  [[nodiscard]] bool fuses() const override { return false; }

  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    if (Support windows = nccl::supports_windows(); !windows) return windows;
    return supports_message(problem, group);
  }

  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    // Asking for the stream makes the backend take its device, and NCCL takes the current one.
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
