// SPDX-License-Identifier: Apache-2.0
// NCCL on CUDA devices: ncclAllReduce, as engines call it; the baseline. Variants are configured under other names,
// each with a separate communicator: NCCL_RING_LL128_8CH: {strategy: NCCL, algorithm: ring, protocol: ll128, channels:
// 8}.
#include <memory>
#include <string>
#include <utility>

#include <cuda_runtime_api.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/strategy.hpp"
#include "communicator.hpp"

namespace {

using namespace arbiter;

class NcclOperation : public Operation {
 public:
  NcclOperation(const Preparation& preparation, std::shared_ptr<nccl::Communicator> communicator)
      : elements_(static_cast<std::size_t>(preparation.problem.elements())),
        datatype_(nccl::datatype_of(preparation.problem.dtype)),
        backend_(dynamic_cast<cuda::CudaBackend&>(preparation.backend)),
        communicator_(std::move(communicator)) {}

  void enqueue(const Bindings& bindings) override {
    communicator_->check(ncclAllReduce(bindings.input, bindings.tensors[0], elements_, datatype_, ncclSum,
                                       communicator_->get(), static_cast<cudaStream_t>(backend_.stream())),
                         "ncclAllReduce");
  }

 private:
  std::size_t elements_;
  ncclDataType_t datatype_;
  cuda::CudaBackend& backend_;
  std::shared_ptr<nccl::Communicator> communicator_;
};

class Nccl : public Strategy {
 public:
  explicit Nccl(const Parameters& values) : choices_(nccl::choices_from(values)) {}

  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return false; }

  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    if (Support message = supports_message(problem, group); !message) return message;
    return nccl::supports(choices_, group);
  }

  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    // stream() makes the backend set its device, and NCCL uses the current one.
    const auto stream = static_cast<cudaStream_t>(dynamic_cast<cuda::CudaBackend&>(preparation.backend).stream());
    if (!communicator_) communicator_ = std::make_shared<nccl::Communicator>(preparation.group, choices_, stream);
    return std::make_unique<NcclOperation>(preparation, communicator_);
  }

 private:
  nccl::Choices choices_;
  std::shared_ptr<nccl::Communicator> communicator_;
};

}  // namespace

ARBITER_PLUGIN(Nccl, {.kind = arbiter::PluginKind::strategy,
                      .name = "NCCL",
                      .version = "1.0",
                      .summary = "ncclAllReduce",
                      .backend = "cuda",
                      .table_id = 0,
                      .parameters = arbiter::nccl::choice_parameters.data(),
                      .parameter_count = arbiter::nccl::choice_parameters.size()})
