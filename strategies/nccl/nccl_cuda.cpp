// NCCL on CUDA devices: ncclAllReduce, as engines call it. The baseline the others are measured against.
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

// Channels can be asked of a communicator. Algorithm and protocol cannot: NCCL takes them from the environment, anew
// for each communicator.
constexpr ParameterSpec parameters[] = {
    {"algorithm", ParameterType::text, "default", "default|ring|tree|nvls|nvlstree",
     "NCCL_ALGO while the communicator is made; default: whatever the environment says, else NCCL's choice"},
    {"protocol", ParameterType::text, "default", "default|ll|ll128|simple",
     "NCCL_PROTO while the communicator is made; default: whatever the environment says, else NCCL's choice"},
    {"channels", ParameterType::integer, "0", "0..64",
     "blocks an operation runs in (minCTAs and maxCTAs); 0: NCCL's choice"},
};

std::string unless_default(const std::string& value) { return value == "default" ? std::string() : value; }

class Nccl : public Strategy {
 public:
  explicit Nccl(const Parameters& values)
      : choices_{unless_default(values.text("algorithm")), unless_default(values.text("protocol")),
                 static_cast<int>(values.integer("channels"))} {}

  [[nodiscard]] bool fuses() const override { return false; }

  [[nodiscard]] Support supports(const Problem& problem, const ProcessGroup& group) const override {
    return nccl::supports(problem, group);
  }

  [[nodiscard]] std::unique_ptr<Operation> prepare(const Preparation& preparation) override {
    // Asking for the stream makes the backend take its device, and NCCL takes the current one.
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
                      .parameters = parameters,
                      .parameter_count = std::size(parameters)})
