// SPDX-License-Identifier: Apache-2.0
// MPI on the host: MPI_Allreduce of the Open MPI that launched the run; the baseline.
#include <algorithm>
#include <map>
#include <utility>

#include "arbiter/strategy.hpp"
#include "mpi_objects.hpp"

namespace {

using namespace arbiter;

/// MPI counts elements in int, and some of its algorithms count bytes in int.
constexpr std::int64_t largest_count = std::int64_t{1} << 28;

class MpiOperation : public Operation {
 public:
  MpiOperation(const Problem& problem, mpi::SharedCommunicator communicator, std::shared_ptr<mpi::SumOperation> sum)
      : elements_(problem.elements()),
        element_bytes_(size_of(problem.dtype)),
        communicator_(std::move(communicator)),
        sum_(std::move(sum)) {}

  void enqueue(const Bindings& bindings) override {
    const auto* from = static_cast<const std::byte*>(bindings.input);
    auto* to = static_cast<std::byte*>(bindings.tensors[0]);
    for (std::int64_t done = 0; done < elements_; done += largest_count) {
      const std::int64_t count = std::min(largest_count, elements_ - done);
      const std::int64_t offset = done * element_bytes_;
      mpi::check(MPI_Allreduce(from + offset, to + offset, static_cast<int>(count), sum_->datatype(), sum_->op(),
                               *communicator_),
                 "MPI_Allreduce");
    }
  }

 private:
  std::int64_t elements_;
  std::int64_t element_bytes_;
  mpi::SharedCommunicator communicator_;
  std::shared_ptr<mpi::SumOperation> sum_;
};

constexpr ParameterSpec parameters[] = {
    {"algorithm", ParameterType::text, "default", "default|ring",
     "ring: Open MPI's ring for every message, which is faster than its default choice for some large ones"},
};

class Mpi : public Strategy {
 public:
  explicit Mpi(const Parameters& values) : ring_(values.text("algorithm") == "ring") {}

  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return false; }

  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    return supports_message(problem, group);
  }

  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    if (!communicator_) {
      auto& group = *static_cast<MPI_Comm*>(preparation.group.mpi_comm());
      communicator_ = ring_ ? mpi::duplicate_with_ring(group) : mpi::duplicate(group);
    }
    auto& sum = sums_[preparation.problem.dtype];
    if (!sum) sum = std::make_shared<mpi::SumOperation>(preparation.problem.dtype);
    return std::make_unique<MpiOperation>(preparation.problem, communicator_, sum);
  }

 private:
  bool ring_;
  mpi::SharedCommunicator communicator_;
  std::map<DType, std::shared_ptr<mpi::SumOperation>> sums_;
};

}  // namespace

ARBITER_PLUGIN(Mpi, {.kind = arbiter::PluginKind::strategy,
                     .name = "MPI",
                     .version = "1.0",
                     .summary = "MPI_Allreduce of the Open MPI that launched the run",
                     .backend = "host",
                     .table_id = 99,
                     .parameters = parameters,
                     .parameter_count = std::size(parameters)})
