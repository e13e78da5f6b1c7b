#include "cuda_sample.hpp"

#include <utility>
#include <vector>

#include "cuda_check.hpp"

namespace arbiter::cuda {

namespace {

class Event {
 public:
  Event() { check(cudaEventCreate(&event_), "make an event"); }
  ~Event() { static_cast<void>(cudaEventDestroy(event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream), "record an event"); }
  /// As a node of the graph that is being captured.
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
  CudaSample(SampleContext context, Operation& operation, const Bindings& bindings, std::int64_t iterations_per_sample)
      : context_(std::move(context)),
        operation_(operation),
        input_(bindings.input),
        tensors_(bindings.tensors.begin(), bindings.tensors.end()),
        iterations_per_sample_(iterations_per_sample) {}

  [[nodiscard]] double time(ProcessGroup& group) override {
    if (barrier_ == nullptr || group_ != &group) {
      barrier_ = context_.barrier_of(group);
      group_ = &group;
    }
    Stream& stream = *context_.stream;
    barrier_->enqueue(group, context_.bound_of(group));
    try {
      // Eager runs could fill the stream's queue, and the host would wait for the device that waits for the host.
      if (!graph()) barrier_->release();
      work();
    } catch (...) {
      barrier_->release();
      throw;
    }
    barrier_->release();
    stream.wait("run an operation");
    context_.throw_if_a_spin_failed();
    return start_.microseconds_until(end_);
  }

 protected:
  virtual void work() {
    start_.record(stream().main());
    enqueue_all();
    end_.record(stream().main());
  }
  void enqueue_all() {
    for (std::int64_t run = 0; run < iterations_per_sample_; ++run) operation_.enqueue({input_, tensors_});
  }
  [[nodiscard]] Stream& stream() const { return *context_.stream; }

  Event start_;
  Event end_;

 private:
  SampleContext context_;
  Operation& operation_;
  const void* input_;
  std::vector<void*> tensors_;
  std::int64_t iterations_per_sample_;
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
      // Inside, so that what it takes to start a graph is no part of the operations' time.
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
    // With all code loaded and the graph on the device, a launch needs nothing of a device that waits in the barrier.
    check(cudaGraphUpload(executable_, stream().main()), "upload a CUDA graph");
    stream().wait("upload a CUDA graph");
  }

 protected:
  void work() override { check(cudaGraphLaunch(executable_, stream().main()), "launch a CUDA graph"); }

 private:
  cudaGraphExec_t executable_ = nullptr;
};

}  // namespace

std::unique_ptr<Sample> make_sample(SampleContext context, Operation& operation, const Bindings& bindings,
                                    std::int64_t iterations_per_sample, bool graph) {
  if (!graph) return std::make_unique<CudaSample>(std::move(context), operation, bindings, iterations_per_sample);
  auto sample = std::make_unique<GraphSample>(std::move(context), operation, bindings, iterations_per_sample);
  sample->capture();
  return sample;
}

}  // namespace arbiter::cuda
