// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "arbiter/backend.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/guarded_buffer.hpp"
#include "arbiter/host/row_kernels.hpp"

namespace arbiter {

namespace {

/// A reduction into a buffer, then the epilogue over all rows of that buffer.
class EpiloguePass : public Operation, public GuardsMemory {
 public:
  EpiloguePass(std::unique_ptr<Operation> reduction, const Fusion& fusion, const Problem& problem, Backend& backend)
      : reduction_(std::move(reduction)),
        problem_(problem),
        epilogue_(fusion.host_epilogue(problem)),
        load_(row_kernels(problem.dtype).load),
        reduced_(backend, static_cast<std::size_t>(problem.message_bytes())),
        reduced_pointer_(reduced_.data()),
        sum_(static_cast<std::size_t>(problem.hidden_size)),
        epilogue_state_(static_cast<std::size_t>(problem.hidden_size * size_of(problem.dtype))) {}

  void enqueue(const Bindings& bindings) override {
    reduction_->enqueue({bindings.input, {&reduced_pointer_, 1}});
    const auto row_bytes = problem_.hidden_size * size_of(problem_.dtype);
    const auto* row_data = static_cast<const std::byte*>(reduced_pointer_);
    for (std::int64_t row = 0; row < problem_.num_tokens; ++row, row_data += row_bytes) {
      load_(row_data, sum_.data(), problem_.hidden_size);
      const float scalar = epilogue_->begin_row(bindings, row, sum_.data(), epilogue_state_.data());
      epilogue_->finish_row(bindings, row, epilogue_state_.data(), scalar);
    }
  }

  [[nodiscard]] std::string take_written() override {
    return reduced_.take_intact() ? "" : "the memory around the message that the epilogue reads";
  }

 private:
  std::unique_ptr<Operation> reduction_;
  Problem problem_;
  std::unique_ptr<HostEpilogue> epilogue_;
  void (*load_)(const void*, float*, std::int64_t);
  GuardedBuffer reduced_;
  void* reduced_pointer_;
  std::vector<float> sum_;
  std::vector<std::byte> epilogue_state_;
};

}  // namespace

std::unique_ptr<Operation> Backend::do_with_epilogue_pass(std::unique_ptr<Operation> reduction, const Fusion& fusion,
                                                          const Problem& problem) {
  return std::make_unique<EpiloguePass>(std::move(reduction), fusion, problem, *this);
}

}  // namespace arbiter
