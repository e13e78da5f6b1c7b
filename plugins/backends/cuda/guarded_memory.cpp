// SPDX-License-Identifier: Apache-2.0
#include "guarded_memory.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"
#include "device_errors.hpp"

namespace arbiter::cuda {

MemoryHealth::MemoryHealth(const void* record) : record_(record) {
  void* host = nullptr;
  check(cudaHostAlloc(&host, sizeof(SpinFailure), cudaHostAllocDefault), "get page-locked host memory");
  copy_ = new (host) SpinFailure{};
}

MemoryHealth::~MemoryHealth() {
  if (device_became_idle()) static_cast<void>(cudaFreeHost(copy_));
}

void MemoryHealth::enqueue_copy(cudaStream_t stream) {
  check(cudaMemcpyAsync(copy_, record_, sizeof(SpinFailure), cudaMemcpyDeviceToHost, stream), "copy from the device");
}

void MemoryHealth::expect_sound() const {
  if (broken_) throw Error("an operation before this one ended with an error: prepare it anew");
}

void MemoryHealth::throw_if_broken() const {
  if (!broken_) return;
  throw TimeoutError(
      fmt::format("rank {} gave up waiting for rank {}, so what the ranks share is broken: prepare the operation anew; "
                  "it was in operation {}",
                  copy_->rank, copy_->peer, copy_->epoch));
}

void UsedMemories::add(const std::shared_ptr<MemoryHealth>& memory) {
  if (std::find(all_.begin(), all_.end(), memory) == all_.end()) all_.push_back(memory);
}

UsedMemories UsedMemories::take() {
  UsedMemories taken = *this;
  all_.clear();
  return taken;
}

void UsedMemories::expect_sound() const {
  for (const auto& memory : all_) memory->expect_sound();
}

void UsedMemories::enqueue_copies(cudaStream_t stream) const {
  for (const auto& memory : all_) memory->enqueue_copy(stream);
}

void UsedMemories::look() const {
  for (const auto& memory : all_) memory->look();
}

void UsedMemories::throw_if_broken() const {
  for (const auto& memory : all_) memory->throw_if_broken();
}

namespace {

/// Of a rank's part: the bytes asked for, its SpinFailure, and a table of the addresses of all ranks' SpinFailures.
struct Places {
  static constexpr std::size_t alignment = 256;
  std::uint64_t record;
  [[nodiscard]] std::uint64_t table() const { return record + alignment; }

  static Places behind(std::size_t bytes) { return {(bytes + alignment - 1) / alignment * alignment}; }
  [[nodiscard]] std::size_t bytes(int ranks) const { return table() + static_cast<std::size_t>(ranks) * sizeof(void*); }
};

class GuardedMemory : public PeerMemory {
 public:
  GuardedMemory(std::unique_ptr<PeerMemory> memory, std::size_t bytes, int rank, std::shared_ptr<UsedMemories> used)
      : memory_(std::move(memory)),
        bytes_(bytes),
        own_(static_cast<std::byte*>(memory_->of_ranks()[static_cast<std::size_t>(rank)])),
        used_(std::move(used)),
        health_(std::make_shared<MemoryHealth>(own_ + Places::behind(bytes).record)) {}

  [[nodiscard]] std::size_t bytes() const override { return bytes_; }
  [[nodiscard]] std::span<void* const> of_ranks() const override { return memory_->of_ranks(); }
  [[nodiscard]] SpinBound guarded(SpinBound bound) const override {
    bound.of_ranks = reinterpret_cast<SpinFailure* const*>(own_ + Places::behind(bytes_).table());
    bound.ranks = static_cast<std::int32_t>(of_ranks().size());
    return bound;
  }
  void use() override {
    health_->expect_sound();
    used_->add(health_);
  }
  [[nodiscard]] bool broken() const override { return health_->broken(); }

  /// `records`: where in the part of each rank its SpinFailure is.
  void write_records(const std::vector<std::uint64_t>& records) const {
    std::vector<void*> table;
    table.reserve(records.size());
    for (std::size_t rank = 0; rank < records.size(); ++rank) {
      table.push_back(static_cast<std::byte*>(of_ranks()[rank]) + records[rank]);
    }
    const Places own = Places::behind(bytes_);
    check(cudaMemset(own_ + own.record, 0, sizeof(SpinFailure)), "fill device memory");
    check(cudaMemcpy(own_ + own.table(), table.data(), table.size() * sizeof(void*), cudaMemcpyHostToDevice),
          "copy to the device");
    check(cudaDeviceSynchronize(), "fill device memory");
  }

 private:
  std::unique_ptr<PeerMemory> memory_;
  std::size_t bytes_;
  std::byte* own_;
  std::shared_ptr<UsedMemories> used_;
  std::shared_ptr<MemoryHealth> health_;
};

}  // namespace

std::unique_ptr<PeerMemory> share_guarded_memory(int device, ProcessGroup& group, std::size_t bytes, unsigned char fill,
                                                 const std::shared_ptr<DeferredFrees>& frees,
                                                 std::shared_ptr<UsedMemories> used) {
  const Places places = Places::behind(bytes);
  auto memory = share_memory(device, group, places.bytes(group.size()), fill, frees);
  // The ranks need not have asked for the same number of bytes.
  std::vector<std::uint64_t> records(static_cast<std::size_t>(group.size()));
  group.all_gather(&places.record, records.data(), sizeof places.record);
  std::unique_ptr<GuardedMemory> guarded;
  const std::string failure = failure_of([&] {
    guarded = std::make_unique<GuardedMemory>(std::move(memory), bytes, group.rank(), std::move(used));
    guarded->write_records(records);
  });
  if (const auto why = first_failure(failure, group); !why.empty()) throw Error(why);
  return guarded;
}

}  // namespace arbiter::cuda
