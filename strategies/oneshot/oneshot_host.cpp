// SPDX-License-Identifier: Apache-2.0
// ONESHOT on the host: every rank stages its message in shared memory, reads the messages of all ranks, reduces every
// row and runs the epilogue on it while it is in cache. One synchronisation per chunk: best for small messages.
//
// A rank stages chunk k + 1 before it waits for chunk k, so that a peer may lag by one chunk without delaying the
// others. A rank that has staged k has therefore reduced k - 2; a rank that stages k + 1 has seen all ranks stage k -
// 1, so all have reduced k - 3. With four slots, k + 1 takes the slot of k - 3: returning slots needs no counter and no
// barrier.
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "arbiter/host/row_kernels.hpp"
#include "arbiter/host/shared_slots.hpp"
#include "arbiter/strategy.hpp"

namespace {

using namespace arbiter;

constexpr int slots_needed = 4;
constexpr int staged = 0;

class OneshotOperation : public Operation {
 public:
  OneshotOperation(const Preparation& preparation, std::shared_ptr<SharedSlots> slots, std::int64_t rows_per_chunk)
      : problem_(preparation.problem),
        epilogue_(preparation.fusion.host_epilogue(problem_)),
        kernels_(row_kernels(problem_.dtype)),
        slots_(std::move(slots)),
        spin_(slots_->rank(), slots_->yields_at_once(), preparation.timeout),
        row_bytes_(static_cast<std::size_t>(problem_.hidden_size * size_of(problem_.dtype))),
        rows_per_chunk_(rows_per_chunk),
        inputs_(static_cast<std::size_t>(slots_->ranks())),
        sum_(static_cast<std::size_t>(problem_.hidden_size)),
        epilogue_state_(row_bytes_) {}

  void enqueue(const Bindings& bindings) override {
    const std::int64_t chunks = (problem_.num_tokens + rows_per_chunk_ - 1) / rows_per_chunk_;
    const std::uint64_t first = slots_->begin();
    stage(bindings, 0, first);
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
      const std::uint64_t number = first + static_cast<std::uint64_t>(chunk);
      if (chunk + 1 < chunks) stage(bindings, chunk + 1, number + 1);
      slots_->wait_for_all(staged, number + 1, spin_);
      reduce(bindings, chunk, number);
    }
    slots_->end(static_cast<std::uint64_t>(chunks));
  }

 private:
  [[nodiscard]] std::int64_t rows_of(std::int64_t chunk) const {
    return std::min(rows_per_chunk_, problem_.num_tokens - chunk * rows_per_chunk_);
  }
  [[nodiscard]] const std::byte* own_row(const Bindings& bindings, std::int64_t row) const {
    return static_cast<const std::byte*>(bindings.input) + static_cast<std::size_t>(row) * row_bytes_;
  }

  void stage(const Bindings& bindings, std::int64_t chunk, std::uint64_t number) {
    std::memcpy(slots_->slot(slots_->rank(), number), own_row(bindings, chunk * rows_per_chunk_),
                static_cast<std::size_t>(rows_of(chunk)) * row_bytes_);
    slots_->publish(staged, number + 1);
  }

  void reduce(const Bindings& bindings, std::int64_t chunk, std::uint64_t number) {
    for (std::int64_t in_chunk = 0; in_chunk < rows_of(chunk); ++in_chunk) {
      const std::int64_t row = chunk * rows_per_chunk_ + in_chunk;
      for (int rank = 0; rank < slots_->ranks(); ++rank) {
        inputs_[static_cast<std::size_t>(rank)] =
            rank == slots_->rank() ? own_row(bindings, row)
                                   : slots_->slot(rank, number) + static_cast<std::size_t>(in_chunk) * row_bytes_;
      }
      kernels_.reduce(inputs_.data(), slots_->ranks(), problem_.hidden_size, sum_.data());
      const float scalar = epilogue_->begin_row(bindings, row, sum_.data(), epilogue_state_.data());
      epilogue_->finish_row(bindings, row, epilogue_state_.data(), scalar);
    }
  }

  Problem problem_;
  std::unique_ptr<HostEpilogue> epilogue_;
  const RowKernels& kernels_;
  std::shared_ptr<SharedSlots> slots_;
  SpinWait spin_;
  std::size_t row_bytes_;
  std::int64_t rows_per_chunk_;
  std::vector<const void*> inputs_;
  std::vector<float> sum_;
  std::vector<std::byte> epilogue_state_;
};

// Measured on two cores with 2 and 4 ranks, 64 KB to 8 MB: 32 to 256 KiB differ by noise only; larger chunks leave the
// second-level cache before they are read; smaller ones cost ranks that share a core too many context switches.
constexpr ParameterSpec parameters[] = {
    {"chunk_kib", ParameterType::integer, "256", "1..65536",
     "KiB of the message per chunk in shared memory; at least one token row"},
};

class Oneshot : public Strategy {
 public:
  explicit Oneshot(const Parameters& values) : chunk_bytes_(values.integer("chunk_kib") * 1024) {}

  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return true; }
  [[nodiscard]] Numerics numerics() const override { return Numerics::fp32_rank_order; }

  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    return SharedSlots::supports(problem, group);
  }

  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    const Problem& problem = preparation.problem;
    const std::int64_t row_bytes = problem.hidden_size * size_of(problem.dtype);
    const std::int64_t rows = std::clamp<std::int64_t>(chunk_bytes_ / row_bytes, 1, problem.num_tokens);
    const auto slot_bytes = static_cast<std::size_t>(std::max(chunk_bytes_, rows * row_bytes));
    auto slots = SharedSlots::reuse_or_make(slots_, preparation.group, slots_needed, slot_bytes);
    return std::make_unique<OneshotOperation>(preparation, std::move(slots), rows);
  }

 private:
  std::int64_t chunk_bytes_;
  std::shared_ptr<SharedSlots> slots_;
};

}  // namespace

ARBITER_PLUGIN(Oneshot, {.kind = arbiter::PluginKind::strategy,
                         .name = "ONESHOT",
                         .version = "1.0",
                         .summary = "Every rank reads all messages from shared memory and reduces everything",
                         .backend = "host",
                         .table_id = 4,
                         .parameters = parameters,
                         .parameter_count = std::size(parameters)})
