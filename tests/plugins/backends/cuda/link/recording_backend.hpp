// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/error.hpp"

namespace arbiter::cuda {

/// The ranks of a problem, seen by the first of them: the others say what it says.
class EqualRanks : public ProcessGroup {
 public:
  explicit EqualRanks(int size) : size_(size) {}

  using ProcessGroup::all_gather;
  using ProcessGroup::broadcast;
  using ProcessGroup::max;
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] bool single_host() const override { return true; }
  void barrier() override {}
  void broadcast(void* /*data*/, std::size_t /*bytes*/, int /*root*/) override {}
  void all_gather(const void* in, void* out, std::size_t bytes) override {
    for (int rank = 0; rank < size_; ++rank) {
      std::memcpy(static_cast<std::byte*>(out) + static_cast<std::size_t>(rank) * bytes, in, bytes);
    }
  }
  void max(std::span<double> /*values*/) override {}
  [[nodiscard]] void* mpi_comm() override { return nullptr; }

 private:
  int size_;
};

/// A cuda backend without a device that writes down what strategies have linked when they prepare. What they prepare
/// must not be run: memory of peers has addresses only.
class RecordingBackend : public CudaBackend {
 public:
  explicit RecordingBackend(int sm_version, int multiprocessors = 132)
      : sm_version_(sm_version), multiprocessors_(multiprocessors) {}

  struct Link {
    std::vector<DeviceCode> parts;
    std::string entry;
  };
  /// By the kernel's and the parts' names.
  [[nodiscard]] const std::map<std::string, Link>& links() const { return links_; }
  /// The sizes of the memories that were shared, in order.
  [[nodiscard]] const std::vector<std::size_t>& shared() const { return shared_; }
  /// From now on every memory shared so far is broken.
  void break_memory() {
    *broken_ = true;
    broken_ = std::make_shared<bool>(false);
  }

  [[nodiscard]] std::shared_ptr<Kernel> link(std::span<const DeviceCode> parts, const std::string& entry) override {
    std::string name = entry;
    for (const DeviceCode& part : parts) name += " " + part.name;
    links_[name] = {{parts.begin(), parts.end()}, entry};
    return std::make_shared<NoKernel>();
  }

  [[nodiscard]] int sm_version() const override { return sm_version_; }
  [[nodiscard]] int multiprocessors() const override { return multiprocessors_; }
  [[nodiscard]] void* stream() const override { return nullptr; }
  [[nodiscard]] std::uint64_t allocation_id(const void* /*address*/) const override { return 0; }
  [[nodiscard]] std::unique_ptr<PeerMemory> share(ProcessGroup& group, std::size_t bytes,
                                                  unsigned char /*fill*/) override {
    shared_.push_back(bytes);
    return std::make_unique<NoPeerMemory>(group.size(), bytes, broken_);
  }
  [[nodiscard]] SpinBound spin_bound(std::chrono::milliseconds /*timeout*/, const ProcessGroup& group) override {
    return {0, group.rank(), nullptr};
  }

  [[nodiscard]] Support do_available() const override { return Support::yes(); }
  [[nodiscard]] std::string name() const override { return "cuda"; }
  [[nodiscard]] Machine do_machine() const override { return {}; }
  [[nodiscard]] std::int64_t free_bytes(int /*ranks_per_host*/) const override { return std::int64_t{1} << 40U; }
  [[nodiscard]] std::unique_ptr<Buffer> do_allocate(std::size_t bytes) override {
    return std::make_unique<HostBuffer>(bytes);
  }
  void copy_in(void* destination, const void* host, std::size_t bytes) override {
    std::memcpy(destination, host, bytes);
  }
  void copy_out(void* host, const void* source, std::size_t bytes) override { std::memcpy(host, source, bytes); }
  void fill(void* destination, unsigned char byte, std::size_t bytes) override {
    std::memset(destination, byte, bytes);
  }
  void run(Operation& /*operation*/, const Bindings& /*bindings*/) override { refuse(); }
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation* /*operation*/, const SampleRequest& /*request*/) override {
    refuse();
  }

 private:
  [[noreturn]] static void refuse() { throw std::logic_error("there is no device"); }

  class NoKernel : public Kernel {
   public:
    void launch(const Launch& /*launch*/, std::span<void* const> /*arguments*/) override { refuse(); }
    [[nodiscard]] int resident_blocks(const Launch& /*launch*/) const override { return 132; }
  };

  class NoPeerMemory : public PeerMemory {
   public:
    NoPeerMemory(int ranks, std::size_t bytes, std::shared_ptr<const bool> broken)
        : place_(64), bytes_(bytes), broken_(std::move(broken)) {
      parts_.assign(static_cast<std::size_t>(ranks), place_.data());
    }
    [[nodiscard]] std::size_t bytes() const override { return bytes_; }
    [[nodiscard]] std::span<void* const> of_ranks() const override { return parts_; }
    void use() override {
      if (*broken_) throw Error("the memory is broken");
    }
    [[nodiscard]] bool broken() const override { return *broken_; }

   private:
    std::vector<std::byte> place_;
    std::size_t bytes_;
    std::shared_ptr<const bool> broken_;
    std::vector<void*> parts_;
  };

  class HostBuffer : public Buffer {
   public:
    explicit HostBuffer(std::size_t bytes) : bytes_(bytes) {}
    [[nodiscard]] void* data() const override { return bytes_.data(); }
    [[nodiscard]] std::size_t bytes() const override { return bytes_.size(); }

   private:
    mutable std::vector<std::byte> bytes_;
  };

  int sm_version_;
  int multiprocessors_;
  std::vector<std::size_t> shared_;
  std::shared_ptr<bool> broken_ = std::make_shared<bool>(false);
  std::map<std::string, Link> links_;
};

}  // namespace arbiter::cuda
