// SPDX-License-Identifier: Apache-2.0
// NCCL_SYMMETRIC on CUDA devices: ncclAllReduce on memory registered in symmetric windows, as engines do that keep
// their activations in such memory. The backend's memory can be registered, so nothing is copied.
#include <map>
#include <memory>
#include <utility>

#include <cuda_runtime_api.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/error.hpp"
#include "arbiter/strategy.hpp"
#include "communicator.hpp"
#include "symmetric_windows.hpp"

namespace {

using namespace arbiter;

class SymmetricOperation : public Operation {
 public:
  SymmetricOperation(const Preparation& preparation, std::shared_ptr<nccl::SymmetricWindows> windows)
      : elements_(static_cast<std::size_t>(preparation.problem.elements())),
        datatype_(nccl::datatype_of(preparation.problem.dtype)),
        backend_(dynamic_cast<cuda::CudaBackend&>(preparation.backend)),
        all_windows_(std::move(windows)) {}

  void enqueue(const Bindings& bindings) override {
    const auto stream = static_cast<cudaStream_t>(backend_.stream());
    void* output = bindings.tensors[0];
    // A window is of a whole allocation. New memory may have the address of freed memory, but not its id.
    const Allocations now{backend_.allocation_id(bindings.input), backend_.allocation_id(output)};
    if (!windows_.contains(now)) register_memory(now, bindings.input, output, stream);
    nccl::Communicator& communicator = all_windows_->communicator();
    communicator.check(ncclAllReduce(bindings.input, output, elements_, datatype_, ncclSum, communicator.get(), stream),
                       "ncclAllReduce");
  }

 private:
  using Allocations = std::pair<std::uint64_t, std::uint64_t>;  // of input and output

  /// Collective: every rank binds new memory to an operation in the same call of enqueue().
  void register_memory(const Allocations& allocations, const void* input, void* output, cudaStream_t stream) {
    cudaStreamCaptureStatus capturing = cudaStreamCaptureStatusNone;
    if (cudaStreamIsCapturing(stream, &capturing) != cudaSuccess || capturing != cudaStreamCaptureStatusNone) {
      throw Error(
          "NCCL_SYMMETRIC registers memory in an operation's first run on it, which cannot be captured: run it once "
          "before");
    }
    if (windows_.size() >= most_pairs) windows_.clear();
    windows_[allocations] = all_windows_->obtain(input, output);
  }

  static constexpr std::size_t most_pairs = 8;  ///< so that an operation on ever new memory gives up windows

  std::size_t elements_;
  ncclDataType_t datatype_;
  cuda::CudaBackend& backend_;
  std::shared_ptr<nccl::SymmetricWindows> all_windows_;
  std::map<Allocations, nccl::SymmetricWindows::Pair> windows_;  ///< kept registered
};

/// Collective. Those of the group that another strategy uses, if all ranks still can, else new ones: there are no
/// choices in which they could differ, and each communicator costs address space and a set of kernels' buffers.
std::shared_ptr<nccl::SymmetricWindows> windows_of(const Preparation& preparation) {
  static std::map<const ProcessGroup*, std::weak_ptr<nccl::SymmetricWindows>> of_groups;
  std::erase_if(of_groups, [](const auto& known) { return known.second.expired(); });
  auto& known = of_groups[&preparation.group];
  auto windows = known.lock();
  if (preparation.group.all(windows != nullptr && windows->usable())) return windows;
  windows = std::make_shared<nccl::SymmetricWindows>(
      preparation.group, dynamic_cast<cuda::CudaBackend&>(preparation.backend), preparation.timeout);
  known = windows;
  return windows;
}

class NcclSymmetric : public Strategy {
 public:
  explicit NcclSymmetric(const Parameters& /*none*/) {}

  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return false; }

  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    if (Support windows = nccl::supports_windows(); !windows) return windows;
    return supports_message(problem, group);
  }

  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    windows_ = windows_of(preparation);
    return std::make_unique<SymmetricOperation>(preparation, windows_);
  }

 private:
  std::shared_ptr<nccl::SymmetricWindows> windows_;
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
