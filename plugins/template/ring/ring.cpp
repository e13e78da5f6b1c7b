// SPDX-License-Identifier: Apache-2.0
// The template of a strategy. RING is a ring AllReduce on the host.
//
// The message is divided into chunks, and a chunk into one block per rank. Partial sums of a block move from rank to
// rank, and each rank adds its own part (reduce-scatter); the complete sum then moves around until all ranks have it
// (all-gather). Each block is summed once and then copied, so all ranks have the same bits.
//
// To make it yours: change the name, the summary and the table_id at the end, then what enqueue() does.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <utility>

#include "arbiter/error.hpp"
#include "arbiter/host/row_kernels.hpp"
#include "arbiter/host/shared_segment.hpp"
#include "arbiter/host/shared_slots.hpp"
#include "arbiter/host/spin_wait.hpp"
#include "arbiter/strategy.hpp"

namespace {

using namespace arbiter;

constexpr std::size_t counter_bytes = 128;  // two cache lines, which processors fetch in pairs: neighbours poll it
constexpr std::size_t slots = 2;

/// Shared memory: for each rank a counter of the steps it has done, and two slots of one chunk.
struct RingMemory {
  RingMemory(ProcessGroup& group, std::size_t bytes)
      : chunk_bytes(bytes), segment(group, counter_bytes + slots * bytes), crowded(ranks_outnumber_cores(group)) {
    new (segment.of(group.rank())) SharedCounter(0);
    group.barrier();  // no rank may read a counter before it exists
  }

  [[nodiscard]] SharedCounter& steps_done(int rank) const {
    return *std::launder(reinterpret_cast<SharedCounter*>(segment.of(rank)));
  }
  [[nodiscard]] std::byte* slot(int rank, std::uint64_t chunk) const {
    return segment.of(rank) + counter_bytes + chunk % slots * chunk_bytes;
  }

  std::size_t chunk_bytes;
  SharedSegment segment;
  bool crowded;              // more ranks than cores: a spinning rank may keep its peer from running
  std::uint64_t chunks = 0;  // done by all operations so far, the same on every rank
  bool broken = false;       // an operation did not end: ranks may disagree about the next chunk
};

class RingOperation : public Operation {
 public:
  RingOperation(const Preparation& preparation, std::shared_ptr<RingMemory> memory)
      : kernels_(row_kernels(preparation.problem.dtype)),
        memory_(std::move(memory)),
        spin_(preparation.group.rank(), memory_->crowded, preparation.timeout),
        rank_(preparation.group.rank()),
        ranks_(preparation.group.size()),
        elements_(preparation.problem.elements()),
        element_bytes_(size_of(preparation.problem.dtype)) {}

  /// This is what is timed, so it allocates nothing. `tensors[0]` is the reduced message: a strategy that does not fuse
  /// is always prepared with the fusion NONE.
  void enqueue(const Bindings& bindings) override {
    if (memory_->broken) throw Error("RING: an operation before this one ended with an error: prepare it anew");
    memory_->broken = true;
    const auto* input = static_cast<const std::byte*>(bindings.input);
    auto* output = static_cast<std::byte*>(bindings.tensors[0]);
    const std::int64_t most = static_cast<std::int64_t>(memory_->chunk_bytes) / element_bytes_;
    for (std::int64_t first = 0; first < elements_; first += most) {
      const std::size_t offset = bytes(first);
      reduce_chunk(input + offset, output + offset, std::min(most, elements_ - first));
    }
    memory_->broken = false;
  }

 private:
  [[nodiscard]] std::size_t bytes(std::int64_t elements) const {
    return static_cast<std::size_t>(elements * element_bytes_);
  }

  /// In step s a rank works on the block that its left neighbour worked on in step s - 1, and waits only for that.
  ///
  /// No block is overwritten while it is read. When a rank is in step s, the ranks to its left have done steps s - 1,
  /// s - 2, ..., and the last of them, its right neighbour, has done step s - ranks + 1: it has read the partial sum
  /// that step s replaces. By the same argument it has finished the chunk before when this rank's chunk ends, so two
  /// slots are enough.
  void reduce_chunk(const std::byte* input, std::byte* output, std::int64_t count) {
    const int left = (rank_ + ranks_ - 1) % ranks_;
    const int steps = 2 * ranks_ - 1;
    const std::byte* const theirs = memory_->slot(left, memory_->chunks);
    std::byte* const mine = memory_->slot(rank_, memory_->chunks);
    std::uint64_t epoch = memory_->chunks * static_cast<std::uint64_t>(steps);
    for (int step = 0; step < steps; ++step, ++epoch) {
      const int block = (rank_ - step + 2 * ranks_) % ranks_;
      const std::int64_t begin = count * block / ranks_;  // blocks differ by one element at most, and may be empty
      const std::int64_t size = count * (block + 1) / ranks_ - begin;
      const std::size_t at = bytes(begin);
      if (step > 0) spin_.until(memory_->steps_done(left), epoch, left);
      if (step < ranks_) {
        std::memcpy(mine + at, input + at, bytes(size));
        if (step > 0) kernels_.accumulate(theirs + at, mine + at, size);
      } else {
        std::memcpy(mine + at, theirs + at, bytes(size));
      }
      if (step >= ranks_ - 1) std::memcpy(output + at, mine + at, bytes(size));
      memory_->steps_done(rank_).store(epoch + 1, std::memory_order_release);  // publishes what was written before
    }
    ++memory_->chunks;
  }

  const RowKernels& kernels_;
  std::shared_ptr<RingMemory> memory_;  // shared with other operations, which run one at a time
  SpinWait spin_;
  int rank_;
  int ranks_;
  std::int64_t elements_;
  std::int64_t element_bytes_;
};

constexpr ParameterSpec parameters[] = {
    {"chunk_kib", ParameterType::integer, "256", "1..65536",
     "KiB of the message that move around the ring at a time; shared memory is twice that for each rank"},
};

class Ring : public Strategy {
 public:
  explicit Ring(const Parameters& values)
      : chunk_bytes_(static_cast<std::size_t>(values.integer("chunk_kib")) * 1024) {}

  /// No: the runner runs the problem's epilogue as a separate pass. ONESHOT shows how a strategy fuses.
  [[nodiscard]] bool fuses() const override { return false; }

 protected:
  /// One host, two ranks or more, a message of bf16, fp16 or fp32. Other problems are skipped, with the reason.
  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    return SharedSlots::supports(problem, group);
  }

  /// Collective, so the ranks can agree whether the memory of the problem before is still good.
  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    const bool usable = memory_ && !memory_->broken;
    if (!preparation.group.all(usable)) memory_ = std::make_shared<RingMemory>(preparation.group, chunk_bytes_);
    return std::make_unique<RingOperation>(preparation, memory_);
  }

 private:
  std::size_t chunk_bytes_;
  std::shared_ptr<RingMemory> memory_;
};

}  // namespace

ARBITER_PLUGIN(Ring, {.kind = arbiter::PluginKind::strategy,
                      .name = "RING",
                      .version = "1.0",
                      .summary = "Reduce-scatter and all-gather around a ring, through shared memory",
                      .backend = "host",
                      .table_id = 100,
                      .parameters = parameters,
                      .parameter_count = std::size(parameters)})
