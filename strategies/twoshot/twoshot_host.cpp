// SPDX-License-Identifier: Apache-2.0
// TWOSHOT on the host: every token row has an owner. Ranks stage the rows that others own; the owner reduces a row once
// and publishes its epilogue_state and scalar; every rank finishes all rows. Two synchronisations per chunk, but each
// rank moves and adds a fraction of what it does in ONESHOT.
//
// In round k a rank stages chunk k + 1, reduces k and finishes k - 1, so that it waits for what peers did one round
// ago. Three slots suffice, and returning them needs no counter: a rank that stages k + 1 has finished k - 2, so all
// owners have read what was staged for it; and all peers stage k before k is published, so they have finished k - 3.
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "arbiter/host/row_kernels.hpp"
#include "arbiter/host/shared_slots.hpp"
#include "arbiter/strategy.hpp"
#include "token_blocks.hpp"

namespace {

using namespace arbiter;
using twoshot::TokenBlocks;

constexpr int slots_needed = 3;
constexpr int staged = 0;
constexpr int reduced = 1;

class TwoshotOperation : public Operation {
 public:
  TwoshotOperation(const Preparation& preparation, std::shared_ptr<SharedSlots> slots, const TokenBlocks& blocks)
      : problem_(preparation.problem),
        epilogue_(preparation.fusion.host_epilogue(problem_)),
        kernels_(row_kernels(problem_.dtype)),
        slots_(std::move(slots)),
        spin_(slots_->rank(), slots_->yields_at_once(), preparation.timeout),
        rank_(slots_->rank()),
        blocks_(blocks),
        inputs_(static_cast<std::size_t>(slots_->ranks())),
        sum_(static_cast<std::size_t>(problem_.hidden_size)) {}

  void enqueue(const Bindings& bindings) override {
    const std::int64_t chunks = blocks_.chunks();
    const std::uint64_t first = slots_->begin();
    stage(bindings, 0, first);
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
      const std::uint64_t number = first + static_cast<std::uint64_t>(chunk);
      if (chunk + 1 < chunks) stage(bindings, chunk + 1, number + 1);
      slots_->wait_for_all(staged, number + 1, spin_);
      reduce(bindings, chunk, number);
      finish_block(bindings, chunk, number, rank_);
      if (chunk > 0) finish_peers(bindings, chunk - 1, number - 1);
    }
    finish_peers(bindings, chunks - 1, first + static_cast<std::uint64_t>(chunks) - 1);
    slots_->end(static_cast<std::uint64_t>(chunks));
  }

 private:
  [[nodiscard]] std::size_t offset(std::int64_t row) const { return static_cast<std::size_t>(row * blocks_.row_bytes); }
  [[nodiscard]] const std::byte* own_row(const Bindings& bindings, std::int64_t row) const {
    return static_cast<const std::byte*>(bindings.input) + offset(row);
  }
  [[nodiscard]] float* scalars(int owner, std::uint64_t number) const {
    return reinterpret_cast<float*>(slots_->slot(owner, number) + blocks_.scalars_at());
  }
  [[nodiscard]] std::byte* epilogue_state(int owner, std::uint64_t number) const {
    return slots_->slot(owner, number) + blocks_.state_at();
  }

  void stage(const Bindings& bindings, std::int64_t chunk, std::uint64_t number) {
    std::byte* const slot = slots_->slot(rank_, number);
    const std::byte* const message = own_row(bindings, blocks_.first_row(chunk));
    const std::size_t own_begin = offset(blocks_.block(chunk, rank_));
    const std::size_t own_end = offset(blocks_.block(chunk, rank_ + 1));
    std::memcpy(slot, message, own_begin);
    std::memcpy(slot + own_end, message + own_end, offset(blocks_.rows(chunk)) - own_end);
    slots_->publish(staged, number + 1);
  }

  void reduce(const Bindings& bindings, std::int64_t chunk, std::uint64_t number) {
    const std::int64_t begin = blocks_.block(chunk, rank_);
    const std::int64_t end = blocks_.block(chunk, rank_ + 1);
    for (std::int64_t in_chunk = begin; in_chunk < end; ++in_chunk) {
      const std::int64_t row = blocks_.first_row(chunk) + in_chunk;
      for (int rank = 0; rank < blocks_.ranks; ++rank) {
        inputs_[static_cast<std::size_t>(rank)] =
            rank == rank_ ? own_row(bindings, row) : slots_->slot(rank, number) + offset(in_chunk);
      }
      kernels_.reduce(inputs_.data(), blocks_.ranks, problem_.hidden_size, sum_.data());
      scalars(rank_, number)[in_chunk - begin] =
          epilogue_->begin_row(bindings, row, sum_.data(), epilogue_state(rank_, number) + offset(in_chunk - begin));
    }
    slots_->publish(reduced, number + 1);
  }

  void finish_peers(const Bindings& bindings, std::int64_t chunk, std::uint64_t number) {
    slots_->wait_for_all(reduced, number + 1, spin_);
    for (int owner = 0; owner < blocks_.ranks; ++owner) {
      if (owner != rank_) finish_block(bindings, chunk, number, owner);
    }
  }

  void finish_block(const Bindings& bindings, std::int64_t chunk, std::uint64_t number, int owner) {
    const std::int64_t begin = blocks_.block(chunk, owner);
    const std::int64_t end = blocks_.block(chunk, owner + 1);
    for (std::int64_t in_chunk = begin; in_chunk < end; ++in_chunk) {
      epilogue_->finish_row(bindings, blocks_.first_row(chunk) + in_chunk,
                            epilogue_state(owner, number) + offset(in_chunk - begin),
                            scalars(owner, number)[in_chunk - begin]);
    }
  }

  Problem problem_;
  std::unique_ptr<HostEpilogue> epilogue_;
  const RowKernels& kernels_;
  std::shared_ptr<SharedSlots> slots_;
  SpinWait spin_;
  int rank_;
  TokenBlocks blocks_;
  std::vector<const void*> inputs_;
  std::vector<float> sum_;
};

// Measured on two cores with 2 and 4 ranks, 64 KB to 8 MB: smaller chunks cost ranks that share a core more context
// switches (10 % at 256 KiB, 20 % at 64 KiB); larger ones leave the second-level cache before they are read.
constexpr ParameterSpec parameters[] = {
    {"chunk_kib", ParameterType::integer, "512", "1..65536",
     "KiB of the message per chunk in shared memory; at least one token row per rank"},
};

class Twoshot : public Strategy {
 public:
  explicit Twoshot(const Parameters& values) : chunk_bytes_(values.integer("chunk_kib") * 1024) {}

  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return true; }
  [[nodiscard]] Numerics numerics() const override { return Numerics::fp32_rank_order; }

  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    return SharedSlots::supports(problem, group);
  }

  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    const TokenBlocks blocks(preparation.problem, chunk_bytes_);
    // Room for most shapes, so that a sweep of growing messages does not map new memory for each.
    const std::size_t bytes = std::max(blocks.slot_bytes(), static_cast<std::size_t>(2 * chunk_bytes_));
    auto slots = SharedSlots::reuse_or_make(slots_, preparation.group, slots_needed, bytes);
    return std::make_unique<TwoshotOperation>(preparation, std::move(slots), blocks);
  }

 private:
  std::int64_t chunk_bytes_;
  std::shared_ptr<SharedSlots> slots_;
};

}  // namespace

ARBITER_PLUGIN(Twoshot, {.kind = arbiter::PluginKind::strategy,
                         .name = "TWOSHOT",
                         .version = "1.0",
                         .summary = "Each token is reduced by one rank and shared: reduce-scatter, then all-gather",
                         .backend = "host",
                         .table_id = 5,
                         .parameters = parameters,
                         .parameter_count = std::size(parameters)})
