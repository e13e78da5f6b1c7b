// SPDX-License-Identifier: Apache-2.0
#include "cuda_prober.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/machine_probe.hpp"
#include "device_code/machine_probe.hpp"
#include "device_errors.hpp"
#include "kernel_arguments.hpp"

namespace arbiter::cuda {

namespace {

constexpr std::array<std::size_t, 3> sizes{1 << 20, 8 << 20, 64 << 20};
constexpr std::size_t largest = sizes.back();
constexpr std::size_t flag_bytes = 4096;
constexpr std::int64_t round_trips = 100;  // so that the launch is less than a hundredth of the time
constexpr unsigned transfer_block = 512;
constexpr std::size_t vector_bytes = 16;

/// In each rank's part of the peer memory: a flag, the data it sends (outbox), and an inbox per source rank.
class ProbeMemory {
 public:
  ProbeMemory(CudaBackend& backend, ProcessGroup& group)
      : rank_(group.rank()),
        ranks_(group.size()),
        shared_(backend.share(group, flag_bytes + largest * (1 + static_cast<std::size_t>(group.size())), 0)) {
    std::vector<std::uint64_t> words(largest / sizeof(std::uint64_t));
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = probe_pattern(rank_, i);
    backend.copy_in(outbox(rank_), words.data(), largest);
    group.barrier();
  }

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int ranks() const { return ranks_; }
  [[nodiscard]] std::uint32_t* flag(int rank) const { return reinterpret_cast<std::uint32_t*>(of(rank)); }
  [[nodiscard]] std::byte* outbox(int rank) const { return of(rank) + flag_bytes; }
  /// In the memory of rank `to`, for the data of rank `from`.
  [[nodiscard]] std::byte* inbox(int to, int from) const {
    return of(to) + flag_bytes + largest * (1 + static_cast<std::size_t>(from));
  }

 private:
  [[nodiscard]] std::byte* of(int rank) const {
    return static_cast<std::byte*>(shared_->of_ranks()[static_cast<std::size_t>(rank)]);
  }

  int rank_;
  int ranks_;
  std::unique_ptr<PeerMemory> shared_;
};

class EmptyLaunch : public Operation {
 public:
  explicit EmptyLaunch(std::shared_ptr<Kernel> kernel) : kernel_(std::move(kernel)) {}
  void enqueue(const Bindings& /*none*/) override {
    kernel_->launch({.grid = 1, .block = 128, .programmatic = true}, {});
  }

 private:
  std::shared_ptr<Kernel> kernel_;
};

class RoundTrips : public Operation {
 public:
  RoundTrips(std::shared_ptr<Kernel> kernel, const RoundTripArguments& arguments, const SpinBound& bound)
      : kernel_(std::move(kernel)), arguments_(arguments), bound_(bound) {}
  void enqueue(const Bindings& /*none*/) override {
    const std::array<void*, 2> arguments{&arguments_, &bound_};
    kernel_->launch({.grid = 1, .block = 1}, arguments);
  }

 private:
  std::shared_ptr<Kernel> kernel_;
  RoundTripArguments arguments_;
  SpinBound bound_;
};

class Transfer : public Operation {
 public:
  Transfer(std::shared_ptr<Kernel> kernel, const TransferArguments& arguments)
      : kernel_(std::move(kernel)), arguments_(arguments) {
    const unsigned wanted = (arguments_.vectors + transfer_block - 1) / transfer_block;
    const int resident = kernel_->resident_blocks({.block = transfer_block});
    launch_ = {.grid = std::min(wanted, static_cast<unsigned>(std::max(resident, 1))), .block = transfer_block};
  }
  void enqueue(const Bindings& /*none*/) override {
    const std::array<void*, 1> arguments{&arguments_};
    kernel_->launch(launch_, arguments);
  }

 private:
  std::shared_ptr<Kernel> kernel_;
  TransferArguments arguments_;
  Launch launch_;
};

class EngineCopies : public Operation {
 public:
  EngineCopies(CudaBackend& backend, const TransferArguments& arguments) : backend_(backend), arguments_(arguments) {}
  void enqueue(const Bindings& /*none*/) override {
    auto* const stream = static_cast<cudaStream_t>(backend_.stream());
    for (int peer = 0; peer < arguments_.peers; ++peer) {
      check(cudaMemcpyAsync(arguments_.to[peer], arguments_.from[peer], arguments_.vectors * vector_bytes,
                            cudaMemcpyDefault, stream),
            "copy to a peer");
    }
  }

 private:
  CudaBackend& backend_;
  TransferArguments arguments_;
};

class Nothing : public Operation {
 public:
  void enqueue(const Bindings& /*none*/) override {}
};

class CudaMachineProber : public MachineProber {
 public:
  CudaMachineProber(CudaBackend& backend, ProcessGroup& group, std::chrono::milliseconds timeout)
      : backend_(backend),
        group_(group),
        timeout_(timeout),
        memory_(backend, group),
        epoch_(backend.allocate(sizeof(std::uint32_t))) {}

  [[nodiscard]] std::vector<ProbeCase> cases() const override {
    constexpr std::array rates{ProbeKind::push, ProbeKind::pull, ProbeKind::copy};
    return usual_probe_cases(memory_.ranks(), rates, sizes, round_trips);
  }

  [[nodiscard]] std::unique_ptr<Operation> probe(const ProbeCase& what) override {
    switch (what.kind) {
      case ProbeKind::launch: return std::make_unique<EmptyLaunch>(kernel("arbiter_probe_launch"));
      case ProbeKind::one_way: return round_trips_of(what);
      case ProbeKind::push:
      case ProbeKind::pull:
      case ProbeKind::copy: break;
    }
    const auto arguments = transfer(what);
    if (arguments.peers == 0) return std::make_unique<Nothing>();
    if (what.kind == ProbeKind::copy) return std::make_unique<EngineCopies>(backend_, arguments);
    return std::make_unique<Transfer>(kernel("arbiter_probe_transfer"), arguments);
  }

  void clear() override {
    backend_.fill(memory_.flag(memory_.rank()), 0, sizeof(std::uint32_t));
    backend_.fill(epoch_->data(), 0, sizeof(std::uint32_t));
    backend_.fill(memory_.inbox(memory_.rank(), 0), 0, largest * static_cast<std::size_t>(memory_.ranks()));
  }

  [[nodiscard]] std::string missing(const ProbeCase& what) override {
    std::vector<std::uint64_t> words(what.bytes / sizeof(std::uint64_t));
    for (const int from : what.senders_to(memory_.rank(), memory_.ranks())) {
      backend_.copy_out(words.data(), memory_.inbox(memory_.rank(), from), what.bytes);
      if (auto found = missing_from(words, from); !found.empty()) return found;
    }
    return {};
  }

 private:
  [[nodiscard]] std::shared_ptr<Kernel> kernel(const std::string& entry) {
    const std::array parts{machine_probe_code(DType::bfloat16)};
    return backend_.link(parts, entry);
  }

  [[nodiscard]] std::unique_ptr<Operation> round_trips_of(const ProbeCase& what) {
    const int rank = memory_.rank();
    if (rank != what.from && rank != what.to) return std::make_unique<Nothing>();
    const int peer = rank == what.from ? what.to : what.from;
    const RoundTripArguments arguments{.own_flag = memory_.flag(rank),
                                       .peer_flag = memory_.flag(peer),
                                       .epoch = static_cast<std::uint32_t*>(epoch_->data()),
                                       .round_trips = static_cast<std::int32_t>(what.round_trips),
                                       .peer = peer,
                                       .begins = rank == what.from};
    return std::make_unique<RoundTrips>(kernel("arbiter_probe_round_trips"), arguments,
                                        backend_.spin_bound(timeout_, group_));
  }

  [[nodiscard]] TransferArguments transfer(const ProbeCase& what) const {
    TransferArguments arguments{};
    const int rank = memory_.rank();
    for (const int peer : what.peers_of(rank, memory_.ranks())) {
      if (arguments.peers == TransferArguments::max_peers) {
        throw Error(fmt::format("one rank can exchange data with at most {} peers", TransferArguments::max_peers));
      }
      const bool pulls = what.kind == ProbeKind::pull;
      arguments.from[arguments.peers] = memory_.outbox(pulls ? peer : rank);
      arguments.to[arguments.peers] = pulls ? memory_.inbox(rank, peer) : memory_.inbox(peer, rank);
      ++arguments.peers;
    }
    arguments.vectors = static_cast<std::uint32_t>(what.bytes / vector_bytes);
    return arguments;
  }

  CudaBackend& backend_;
  ProcessGroup& group_;
  std::chrono::milliseconds timeout_;
  ProbeMemory memory_;
  std::unique_ptr<Buffer> epoch_;  // of round trips
};

}  // namespace

std::unique_ptr<MachineProber> make_machine_prober(CudaBackend& backend, ProcessGroup& group,
                                                   std::chrono::milliseconds timeout) {
  return std::make_unique<CudaMachineProber>(backend, group, timeout);
}

}  // namespace arbiter::cuda
