// SPDX-License-Identifier: Apache-2.0
// The template of a strategy. RING is a ring AllReduce on the host.
//
// The message is divided into chunks of whole rows, and a chunk into one block per rank. Partial sums of a block move
// from rank to rank, and each rank adds its own part (reduce-scatter); the complete sum then moves around until all
// ranks have it (all-gather). Each block is summed once and then copied, so all ranks have the same bits.
//
// It fuses: once a chunk is complete, the problem's epilogue runs on each of its rows while they are in cache. A
// strategy that does not fuse returns false from fuses() and needs no epilogue: see Ring::fuses().
//
// To make it yours: change the name, the summary and the table_id at the end, then what enqueue() does.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <utility>
#include <vector>

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

/// Shared memory: for each rank a counter of the steps it has done, and two slots of one chunk, aligned for all dtypes.
struct RingMemory {
  RingMemory(ProcessGroup& group, std::size_t bytes)
      : chunk_bytes((bytes + counter_bytes - 1) / counter_bytes * counter_bytes),
        segment(group, counter_bytes + slots * chunk_bytes),
        crowded(ranks_outnumber_cores(group)) {
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
  RingOperation(const Preparation& preparation, std::shared_ptr<RingMemory> memory, std::int64_t rows_per_chunk)
      : problem_(preparation.problem),
        epilogue_(preparation.fusion.host_epilogue(problem_)),
        kernels_(row_kernels(problem_.dtype)),
        memory_(std::move(memory)),
        spin_(preparation.group.rank(), memory_->crowded, preparation.timeout),
        rank_(preparation.group.rank()),
        ranks_(preparation.group.size()),
        element_bytes_(size_of(problem_.dtype)),
        rows_per_chunk_(rows_per_chunk),
        sum_(static_cast<std::size_t>(problem_.hidden_size)),
        epilogue_state_(bytes(problem_.hidden_size)) {}

  /// This is what is timed, so it allocates nothing. After an exception the ranks may disagree about the next step, so
  /// the memory stays broken until do_prepare() replaces it.
  void enqueue(const Bindings& bindings) override {
    if (memory_->broken) throw Error("RING: an operation before this one ended with an error: prepare it anew");
    memory_->broken = true;
    const auto* input = static_cast<const std::byte*>(bindings.input);
    for (std::int64_t first = 0; first < problem_.num_tokens; first += rows_per_chunk_) {
      const std::int64_t rows = std::min(rows_per_chunk_, problem_.num_tokens - first);
      reduce_chunk(input + bytes(first * problem_.hidden_size), rows * problem_.hidden_size);
      finish_rows(bindings, first, rows);
      ++memory_->chunks;
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
  void reduce_chunk(const std::byte* input, std::int64_t count) {
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
      memory_->steps_done(rank_).store(epoch + 1, std::memory_order_release);  // publishes what was written before
    }
  }

  /// The epilogue of each row of the chunk, whose complete sums are in this rank's slot. With the fusion NONE it rounds
  /// and stores the sum. (A rank could also begin its rows only and send `epilogue_state` around, to be finished by
  /// all.)
  void finish_rows(const Bindings& bindings, std::int64_t first, std::int64_t rows) {
    const std::byte* const reduced = memory_->slot(rank_, memory_->chunks);
    for (std::int64_t row = 0; row < rows; ++row) {
      kernels_.load(reduced + bytes(row * problem_.hidden_size), sum_.data(), problem_.hidden_size);
      const float scalar = epilogue_->begin_row(bindings, first + row, sum_.data(), epilogue_state_.data());
      epilogue_->finish_row(bindings, first + row, epilogue_state_.data(), scalar);
    }
  }

  Problem problem_;
  std::unique_ptr<HostEpilogue> epilogue_;
  const RowKernels& kernels_;
  std::shared_ptr<RingMemory> memory_;  // shared with other operations, which run one at a time
  SpinWait spin_;
  int rank_;
  int ranks_;
  std::int64_t element_bytes_;
  std::int64_t rows_per_chunk_;
  std::vector<float> sum_;                 // of one row
  std::vector<std::byte> epilogue_state_;  // likewise
};

constexpr ParameterSpec parameters[] = {
    {"chunk_kib", ParameterType::integer, "256", "1..65536",
     "KiB of the message that move around the ring at a time, at least one row; shared memory is twice that per rank"},
};

class Ring : public Strategy {
 public:
  explicit Ring(const Parameters& values) : chunk_bytes_(values.integer("chunk_kib") * 1024) {}

  /// Yes: operations run the epilogue of Preparation::fusion. Where a strategy returns false, it is prepared with the
  /// fusion NONE and writes the reduced message to `tensors[0]`; the runner adds the epilogue as a separate pass.
  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return true; }

 protected:
  /// One host, two ranks or more, a message of bf16, fp16 or fp32. Other problems are skipped, with the reason.
  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    return SharedSlots::supports(problem, group);
  }

  /// Collective, so the ranks can agree whether the memory of the problem before is still good.
  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    const Problem& problem = preparation.problem;
    const std::int64_t row_bytes = problem.hidden_size * size_of(problem.dtype);
    const auto bytes = static_cast<std::size_t>(std::max(chunk_bytes_, row_bytes));
    const bool usable = memory_ && !memory_->broken && memory_->chunk_bytes >= bytes;
    if (!preparation.group.all(usable)) memory_ = std::make_shared<RingMemory>(preparation.group, bytes);
    const std::int64_t rows_per_chunk = std::max<std::int64_t>(1, chunk_bytes_ / row_bytes);
    return std::make_unique<RingOperation>(preparation, memory_, rows_per_chunk);
  }

 private:
  std::int64_t chunk_bytes_;
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
