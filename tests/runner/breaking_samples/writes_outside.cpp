// SPDX-License-Identifier: Apache-2.0
// A strategy whose sums are right, and that writes a byte where its parameter says.
#include <cstddef>
#include <string>

#include <mpi.h>

#include "arbiter/strategy.hpp"

namespace {

using namespace arbiter;

class WritingOperation : public Operation {
 public:
  WritingOperation(const Preparation& preparation, std::string where)
      : where_(std::move(where)),
        bytes_(static_cast<std::ptrdiff_t>(preparation.problem.message_bytes())),
        communicator_(*static_cast<MPI_Comm*>(preparation.group.mpi_comm())) {}

  void enqueue(const Bindings& bindings) override {
    MPI_Allreduce(bindings.input, bindings.tensors[0], static_cast<int>(bytes_ / 4), MPI_FLOAT, MPI_SUM, communicator_);
    auto* const output = static_cast<std::byte*>(bindings.tensors[0]);
    auto* const message = static_cast<std::byte*>(const_cast<void*>(bindings.input));
    if (where_ == "before_output") output[-1] = std::byte{1};
    if (where_ == "behind_output") output[bytes_] = std::byte{1};
    if (where_ == "message") message[0] = std::byte{1};  // what changed back and forth would be whole in the end
    if (where_ == "before_message") message[-200] = std::byte{1};
  }

 private:
  std::string where_;
  std::ptrdiff_t bytes_;
  MPI_Comm communicator_;
};

class WritesOutside : public Strategy {
 public:
  explicit WritesOutside(const Parameters& values) : where_(values.text("where")) {}
  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return false; }
  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    return problem.dtype == DType::float32 ? supports_message(problem, group) : Support::no("it adds float32 only");
  }
  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    return std::make_unique<WritingOperation>(preparation, where_);
  }

 private:
  std::string where_;
};

constexpr ParameterSpec parameters[] = {{"where", ParameterType::text, "nowhere", "", "Where it writes"}};

}  // namespace

ARBITER_PLUGIN(WritesOutside, {.kind = PluginKind::strategy,
                               .name = "WRITES_OUTSIDE",
                               .version = "1",
                               .summary = "Writes outside of its outputs",
                               .backend = "host",
                               .table_id = 105,
                               .parameters = parameters,
                               .parameter_count = 1})
