// SPDX-License-Identifier: Apache-2.0
#include "host_prober.hpp"

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "arbiter/host/shared_segment.hpp"
#include "arbiter/host/spin_wait.hpp"
#include "arbiter/machine_probe.hpp"
#include "page_buffer.hpp"

namespace arbiter::host {

namespace {

constexpr std::array<std::size_t, 3> sizes{64 << 10, 1 << 20, 4 << 20};  // in a core's cache, beyond it, in memory
constexpr std::size_t largest = sizes.back();
constexpr std::size_t word_bytes = sizeof(std::uint64_t);
constexpr std::int64_t round_trips = 16;

/// In each rank's shared segment: a flag, the data it sends (outbox), and an inbox per source rank.
class ProbeMemory {
 public:
  ProbeMemory(ProcessGroup& group, std::chrono::milliseconds timeout)
      : rank_(group.rank()),
        ranks_(group.size()),
        spin_(rank_, ranks_outnumber_cores(group), timeout),
        segment_(group, flag_bytes + largest * (1 + static_cast<std::size_t>(ranks_))),
        private_(largest * static_cast<std::size_t>(ranks_)) {
    auto* words = reinterpret_cast<std::uint64_t*>(outbox(rank_));
    for (std::size_t i = 0; i < largest / word_bytes; ++i) words[i] = probe_pattern(rank_, i);
    group.barrier();
  }

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return ranks_; }
  [[nodiscard]] const SpinWait& spin() const { return spin_; }
  [[nodiscard]] SharedCounter& flag(int rank) const { return *reinterpret_cast<SharedCounter*>(segment_.of(rank)); }
  [[nodiscard]] std::byte* outbox(int rank) const { return segment_.of(rank) + flag_bytes; }
  /// In the segment of rank `to`, for the data of rank `from`.
  [[nodiscard]] std::byte* inbox(int to, int from) const {
    return segment_.of(to) + flag_bytes + largest * (1 + static_cast<std::size_t>(from));
  }
  /// Private to this rank, for what it reads from rank `from`.
  [[nodiscard]] std::byte* copy_of(int from) const {
    return static_cast<std::byte*>(private_.data()) + largest * static_cast<std::size_t>(from);
  }

  void clear() {
    flag(rank_).store(0);
    std::memset(inbox(rank_, 0), 0, largest * static_cast<std::size_t>(ranks_));
    std::memset(private_.data(), 0, private_.bytes());
  }

 private:
  static constexpr std::size_t flag_bytes = 4096;

  int rank_;
  int ranks_;
  SpinWait spin_;
  SharedSegment segment_;
  PageBuffer private_;  // page-aligned: some processors copy slowly to misaligned addresses
};

class RoundTrips : public Operation {
 public:
  RoundTrips(std::shared_ptr<ProbeMemory> memory, int peer, bool begins)
      : memory_(std::move(memory)), peer_(peer), begins_(begins) {}

  void enqueue(const Bindings& /*none*/) override {
    for (std::int64_t trip = 0; trip < round_trips; ++trip) {
      ++epoch_;
      if (begins_) raise_flag();
      memory_->spin().until(memory_->flag(peer_), epoch_, peer_);
      if (!begins_) raise_flag();
    }
  }

 private:
  void raise_flag() { memory_->flag(memory_->rank()).store(epoch_, std::memory_order_release); }

  std::shared_ptr<ProbeMemory> memory_;
  int peer_;
  bool begins_;
  std::uint64_t epoch_ = 0;
};

/// Copies between this rank and some peers, maybe none.
class Transfers : public Operation {
 public:
  Transfers(std::shared_ptr<ProbeMemory> memory, std::vector<int> peers, bool pushes, std::size_t bytes)
      : memory_(std::move(memory)), peers_(std::move(peers)), pushes_(pushes), bytes_(bytes) {}

  void enqueue(const Bindings& /*none*/) override {
    for (const int peer : peers_) {
      if (pushes_) {
        std::memcpy(memory_->inbox(peer, memory_->rank()), memory_->outbox(memory_->rank()), bytes_);
      } else {
        std::memcpy(memory_->copy_of(peer), memory_->outbox(peer), bytes_);
      }
    }
  }

 private:
  std::shared_ptr<ProbeMemory> memory_;
  std::vector<int> peers_;
  bool pushes_;
  std::size_t bytes_;
};

class HostMachineProber : public MachineProber {
 public:
  HostMachineProber(ProcessGroup& group, std::chrono::milliseconds timeout)
      : memory_(std::make_shared<ProbeMemory>(group, timeout)) {}

  [[nodiscard]] std::vector<ProbeCase> cases() const override {
    constexpr std::array rates{ProbeKind::push, ProbeKind::pull};
    return usual_probe_cases(memory_->ranks(), rates, sizes, round_trips);
  }

  [[nodiscard]] std::unique_ptr<Operation> probe(const ProbeCase& what) override {
    const int rank = memory_->rank();
    if (what.kind == ProbeKind::one_way && (rank == what.from || rank == what.to)) {
      const bool begins = rank == what.from;
      return std::make_unique<RoundTrips>(memory_, begins ? what.to : what.from, begins);
    }
    return std::make_unique<Transfers>(memory_, what.peers_of(rank, memory_->ranks()), what.kind == ProbeKind::push,
                                       what.bytes);
  }

  void clear() override { memory_->clear(); }

  [[nodiscard]] std::string missing(const ProbeCase& what) override {
    for (const int from : what.senders_to(memory_->rank(), memory_->ranks())) {
      const std::byte* arrived =
          what.kind == ProbeKind::push ? memory_->inbox(memory_->rank(), from) : memory_->copy_of(from);
      const auto* words = reinterpret_cast<const std::uint64_t*>(arrived);
      if (auto found = missing_from({words, what.bytes / word_bytes}, from); !found.empty()) return found;
    }
    return {};
  }

 private:
  std::shared_ptr<ProbeMemory> memory_;
};

}  // namespace

std::unique_ptr<MachineProber> make_machine_prober(ProcessGroup& group, std::chrono::milliseconds timeout) {
  return std::make_unique<HostMachineProber>(group, timeout);
}

}  // namespace arbiter::host
