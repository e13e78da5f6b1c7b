// SPDX-License-Identifier: Apache-2.0
#include "cuda_sample.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <utility>
#include <vector>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"
#include "device_code/start_barrier.hpp"
#include "device_errors.hpp"

namespace arbiter::cuda {

StartBarrier::StartBarrier(CudaBackend& backend, ProcessGroup& group) {
  if (group.size() > StartBarrierArguments::max_ranks) {
    throw Error(fmt::format("{} ranks cannot be lined up on their devices; {} can", group.size(),
                            StartBarrierArguments::max_ranks));
  }
  std::string failure = failure_of([&] {
    const std::array parts{start_barrier_code(DType::bfloat16)};
    kernel_ = backend.link(parts, "arbiter_start_barrier");
    void* host = nullptr;
    check(cudaHostAlloc(&host, sizeof(std::uint32_t), cudaHostAllocMapped), "get host memory that the device sees");
    go_ = new (host) std::uint32_t{0};
    void* on_device = nullptr;
    check(cudaHostGetDevicePointer(&on_device, host, 0), "map host memory into the device");
    arguments_.go = static_cast<const std::uint32_t*>(on_device);
  });
  if (failure = first_failure(failure, group); !failure.empty()) throw Error(failure);
  flags_ = backend.share(group, static_cast<std::size_t>(group.size()) * sizeof(std::uint32_t), 0);
  for (std::size_t rank = 0; rank < flags_->of_ranks().size(); ++rank) {
    arguments_.flags[rank] = static_cast<std::uint32_t*>(flags_->of_ranks()[rank]);
  }
  arguments_.rank = group.rank();
  arguments_.ranks = group.size();
  std::random_device random;
  token_ = (static_cast<std::uint64_t>(random()) << 32U) | random() | 1U;
  group.broadcast(&token_, sizeof token_, 0);
}

StartBarrier::~StartBarrier() {
  if (go_ != nullptr && device_became_idle()) static_cast<void>(cudaFreeHost(go_));
}

void StartBarrier::enqueue(ProcessGroup& group, const SpinBound& bound) {
  arguments_.epoch = static_cast<std::uint32_t>(group.max(static_cast<double>(arguments_.epoch))) + 1;
  SpinBound bound_copy = bound;
  const std::array<void*, 2> arguments{&arguments_, &bound_copy};
  kernel_->launch({.grid = 1, .block = StartBarrierArguments::max_ranks}, arguments);
}

void StartBarrier::release() noexcept { std::atomic_ref(*go_).store(arguments_.epoch, std::memory_order_release); }

std::shared_ptr<StartBarrier> StartBarriers::of(ProcessGroup& group, CudaBackend& backend) {
  const std::uint64_t own = last_ == nullptr ? 0 : last_->token();
  std::vector<std::uint64_t> tokens(static_cast<std::size_t>(group.size()));
  group.all_gather(&own, tokens.data(), sizeof own);
  const bool same = own != 0 && std::all_of(tokens.begin(), tokens.end(), [&](auto other) { return other == own; });
  // Two ranks of a larger group hold the same barrier too.
  if (!group.all(same && last_->ranks() == group.size() && last_->rank() == group.rank())) {
    last_.reset();
    last_ = std::make_shared<StartBarrier>(backend, group);
  }
  return last_;
}

namespace {

class Event {
 public:
  Event() { check(cudaEventCreate(&event_), "make an event"); }
  ~Event() { static_cast<void>(cudaEventDestroy(event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream), "record an event"); }
  /// As a node of the graph being captured.
  void record_in_graph(cudaStream_t stream) {
    check(cudaEventRecordWithFlags(event_, stream, cudaEventRecordExternal), "record an event in a CUDA graph");
  }
  [[nodiscard]] double microseconds_until(const Event& end) const {
    float milliseconds = 0.0F;
    check(cudaEventElapsedTime(&milliseconds, event_, end.event_), "read an event's time");
    return static_cast<double>(milliseconds) * 1000.0;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

class CudaSample : public Sample {
 public:
  CudaSample(SampleContext context, Operation* operation, SampleRequest request)
      : context_(std::move(context)), operation_(operation), request_(std::move(request)) {
    if (has_neighbour(request_.context)) context_.neighbours.prepare(request_.neighbour);
  }

  [[nodiscard]] double time(ProcessGroup& group) override {
    if (barrier_ == nullptr || group_ != &group) {
      barrier_ = context_.barriers.of(group, context_.backend);
      group_ = &group;
    }
    Stream& stream = *context_.stream;
    barrier_->enqueue(group, context_.spin_failures.bound(group.rank()));
    try {
      // Eager launches may fill the stream's queue: the host would wait for the device, which waits for the host.
      if (!graph()) barrier_->release();
      used_.expect_sound();  // a graph is launched without enqueue(), which would say so
      work();
      used_.enqueue_copies(stream.main());
    } catch (...) {
      barrier_->release();
      throw;
    }
    barrier_->release();
    stream.wait("run an operation");
    used_.look();
    context_.spin_failures.throw_if_any();
    used_.throw_if_broken();
    return start_.microseconds_until(end_);
  }

 protected:
  virtual void work() {
    start_.record(stream().main());
    enqueue_all();
    end_.record(stream().main());
  }
  void enqueue_all() {
    context_.used.clear();
    const bool early = request_.context == Context::engine_early;
    for (const auto& iteration : request_.iterations) {
      if (has_neighbour(request_.context)) context_.neighbours.enqueue(request_.neighbour, iteration, early);
      if (operation_ != nullptr) operation_->enqueue(iteration.bindings);
    }
    used_ = context_.used.take();
  }
  [[nodiscard]] Stream& stream() const { return *context_.stream; }

  Event start_;
  Event end_;

 private:
  SampleContext context_;
  Operation* operation_;
  SampleRequest request_;
  UsedMemories used_;  ///< by the operations of the sample
  std::shared_ptr<StartBarrier> barrier_;
  ProcessGroup* group_ = nullptr;
};

class GraphSample : public CudaSample {
 public:
  using CudaSample::CudaSample;
  ~GraphSample() override {
    if (executable_ != nullptr && !device_is_stuck()) static_cast<void>(cudaGraphExecDestroy(executable_));
  }
  GraphSample(const GraphSample&) = delete;
  GraphSample& operator=(const GraphSample&) = delete;
  [[nodiscard]] bool graph() const override { return true; }

  void capture() {
    stream().begin_capture();
    try {
      // Inside the graph, so that its launch is not timed.
      start_.record_in_graph(stream().current());
      enqueue_all();
      end_.record_in_graph(stream().current());
    } catch (...) {
      stream().abandon_capture();
      throw;
    }
    cudaGraph_t graph = stream().end_capture();
    const auto made = cudaGraphInstantiate(&executable_, graph, 0);
    static_cast<void>(cudaGraphDestroy(graph));
    check(made, "make a CUDA graph");
    // Uploaded before the barrier is enqueued: a launch then needs nothing from the device that waits in the barrier.
    check(cudaGraphUpload(executable_, stream().main()), "upload a CUDA graph");
    stream().wait("upload a CUDA graph");
  }

 protected:
  void work() override { check(cudaGraphLaunch(executable_, stream().main()), "launch a CUDA graph"); }

 private:
  cudaGraphExec_t executable_ = nullptr;
};

}  // namespace

std::unique_ptr<Sample> make_sample(SampleContext context, Operation* operation, const SampleRequest& request) {
  if (!request.graph) return std::make_unique<CudaSample>(std::move(context), operation, request);
  auto sample = std::make_unique<GraphSample>(std::move(context), operation, request);
  sample->capture();
  return sample;
}

}  // namespace arbiter::cuda
