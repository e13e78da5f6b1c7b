// SPDX-License-Identifier: Apache-2.0
// The cuda backend: each rank is a process with one GPU and one stream, on which its operations are enqueued. The
// device is taken on first use, so that available() needs no context and works without a device.
#include "arbiter/cuda/cuda_backend.hpp"

#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "cuda_prober.hpp"
#include "cuda_sample.hpp"
#include "device_errors.hpp"
#include "device_memory.hpp"
#include "devices.hpp"
#include "epilogue_pass.hpp"
#include "guarded_memory.hpp"
#include "kernels.hpp"
#include "neighbour.hpp"
#include "stream.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::cuda;

std::shared_ptr<Stream> stream_on(int device) {
  check(cudaSetDevice(device), fmt::format("take GPU {}", device));
  return std::make_shared<Stream>();
}

/// The device of this rank, in use.
struct RankDevice {
  /// Throws Error.
  explicit RankDevice(int device)
      : number(device),
        stream(stream_on(device)),
        pool(std::make_shared<MemoryPool>(device)),
        copies(stream->main()),
        kernels(stream, device) {}

  int number;
  std::shared_ptr<Stream> stream;
  std::shared_ptr<DeferredFrees> frees = std::make_shared<DeferredFrees>();
  std::shared_ptr<UsedMemories> used = std::make_shared<UsedMemories>();
  std::shared_ptr<MemoryPool> pool;
  SpinFailures spin_failures;
  HostCopies copies;
  Kernels kernels;
  StartBarriers barriers;
};

class CudaBackendPlugin : public CudaBackend {
 public:
  explicit CudaBackendPlugin(const Parameters& /*none*/) {}

  [[nodiscard]] Support do_available() const override {
    const DeviceChoice choice = choose_device();
    if (Support usable = choice.usable(); !usable) return usable;
    const int version = sm_version_of(choice.device());
    if (version >= oldest_sm_version) return Support::yes();
    return Support::no(
        fmt::format("GPU {} is sm_{}; sm_{} and later can be used", choice.device(), version, oldest_sm_version));
  }
  [[nodiscard]] std::string name() const override { return "cuda"; }
  [[nodiscard]] Machine do_machine() const override { return machine_facts(device().number); }
  [[nodiscard]] std::int64_t free_bytes(int ranks_on_host) const override {
    const DeviceChoice choice = choose_device();
    static_cast<void>(device());
    std::size_t free = 0;
    std::size_t total = 0;
    check(cudaMemGetInfo(&free, &total), "ask for free device memory");
    free += device().pool->idle_bytes();
    return static_cast<std::int64_t>(free) / choice.ranks_per_device(ranks_on_host);
  }
  [[nodiscard]] int ranks_per_host() const override {
    const DeviceChoice choice = choose_device();
    return choice.may_share ? std::numeric_limits<int>::max() : choice.devices;
  }

  [[nodiscard]] std::unique_ptr<Buffer> do_allocate(std::size_t bytes) override {
    return make_device_buffer(device().number, device().pool, bytes);
  }
  void copy_in(void* destination, const void* host, std::size_t bytes) override {
    if (bytes > 0) device().copies.in(destination, host, bytes);
  }
  void copy_out(void* host, const void* source, std::size_t bytes) override {
    if (bytes > 0) device().copies.out(host, source, bytes);
  }
  void fill(void* destination, unsigned char byte, std::size_t bytes) override {
    if (bytes == 0) return;
    check(cudaMemsetAsync(destination, byte, bytes, device().stream->main()), "fill device memory");
    device().stream->wait("fill device memory");
  }

  [[nodiscard]] std::unique_ptr<Operation> do_with_epilogue_pass(std::unique_ptr<Operation> reduction,
                                                                 const Fusion& fusion,
                                                                 const Problem& problem) override {
    return make_epilogue_pass(*this, std::move(reduction), fusion, problem);
  }
  [[nodiscard]] Support do_supports(const Fusion& fusion, const Problem& problem) const override {
    if (!fusion.device_epilogue(problem).code.empty()) return Support::yes();
    return Support::no(
        fmt::format("{} has no epilogue for {} on CUDA devices", problem.fusion, name_of(problem.dtype)));
  }

  /// A strategy may have consumed the error; the stream reports it again.
  [[nodiscard]] bool lost() const override {
    if (device_is_lost() || device_is_stuck()) return true;
    return device_ != nullptr && is_sticky(cudaStreamQuery(device_->stream->main()));
  }

  [[nodiscard]] std::unique_ptr<MachineProber> machine_prober(ProcessGroup& group,
                                                              std::chrono::milliseconds timeout) override {
    return make_machine_prober(*this, group, timeout);
  }

  void run(Operation& operation, const Bindings& bindings) override {
    RankDevice& rank = device();
    rank.used->clear();
    operation.enqueue(bindings);
    const UsedMemories used = rank.used->take();
    used.enqueue_copies(rank.stream->main());
    rank.stream->wait("run an operation");
    used.look();
    rank.spin_failures.throw_if_any();
    used.throw_if_broken();
  }
  [[nodiscard]] bool has_graphs() const override { return true; }
  [[nodiscard]] std::vector<Context> contexts() const override {
    return {Context::engine, Context::engine_early, Context::back_to_back};
  }
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation* operation, const SampleRequest& request) override {
    RankDevice& rank = device();
    return make_sample({*this, rank.stream, rank.barriers, neighbours(), rank.spin_failures, *rank.used}, operation,
                       request);
  }
  [[nodiscard]] std::vector<std::uint64_t> do_fingerprints(std::span<const MemoryRange> ranges) override {
    return neighbours().fingerprints(ranges);
  }
  [[nodiscard]] std::size_t cache_bytes() const override {
    return static_cast<std::size_t>(device_attribute(cudaDevAttrL2CacheSize, device().number));
  }
  /// Products of float32 run at half the rate, as tf32.
  [[nodiscard]] double product_flops(DType dtype) override {
    return neighbours().product_flops() / (dtype == DType::float32 ? 2.0 : 1.0);
  }
  [[nodiscard]] SpeedState speed_state() override { return speed_state_of(device().number); }

  [[nodiscard]] int sm_version() const override { return device().kernels.sm_version(); }
  [[nodiscard]] int multiprocessors() const override { return device().kernels.multiprocessors(); }
  [[nodiscard]] void* stream() const override { return device().stream->current(); }
  [[nodiscard]] std::uint64_t allocation_id(const void* address) const override {
    return device().pool->id_of(address);
  }
  [[nodiscard]] std::unique_ptr<PeerMemory> share(ProcessGroup& group, std::size_t bytes, unsigned char fill) override {
    return share_guarded_memory(device().number, group, bytes, fill, device().frees, device().used);
  }
  [[nodiscard]] std::shared_ptr<Kernel> link(std::span<const DeviceCode> parts, const std::string& entry) override {
    return device().kernels.link(parts, entry);
  }
  [[nodiscard]] SpinBound spin_bound(std::chrono::milliseconds timeout, const ProcessGroup& group) override {
    return device().spin_failures.bound(timeout, group.rank());
  }

 private:
  RankDevice& device() const {
    if (device_ == nullptr) {
      const DeviceChoice choice = choose_device();
      if (const Support usable = choice.usable(); !usable) throw Error(usable.reason);
      device_ = std::make_unique<RankDevice>(choice.device());
    }
    return *device_;
  }

  Neighbours& neighbours() {
    if (neighbours_ == nullptr) neighbours_ = std::make_unique<Neighbours>(*this, device().number);
    return *neighbours_;
  }

  mutable std::unique_ptr<RankDevice> device_;
  std::unique_ptr<Neighbours> neighbours_;  // uses the device, so it goes first
};

}  // namespace

ARBITER_PLUGIN(CudaBackendPlugin, {.kind = arbiter::PluginKind::backend,
                                   .name = "cuda",
                                   .version = "1.0",
                                   .summary = "NVIDIA GPUs of this host, one per rank",
                                   .backend = "",
                                   .table_id = -1,
                                   .parameters = nullptr,
                                   .parameter_count = 0})
