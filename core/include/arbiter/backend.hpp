// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"
#include "arbiter/machine_probe.hpp"
#include "arbiter/plugin.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter {

class Fusion;

/// An AllReduce that was prepared for one problem and runs any number of times. Made by Strategy::prepare() and
/// Backend::with_epilogue_pass(). One thread.
class ARBITER_EXPORT Operation {
 public:
  virtual ~Operation();
  /// Runs once on the tensors of `bindings`, which must outlive the run. Allocates and frees nothing: this is what is
  /// timed. Collective: every rank of the group calls it for the same problem, in the same order. On a host backend it
  /// returns when this rank's outputs are complete and its input may be overwritten; on a GPU it enqueues on the
  /// backend's stream and returns. Throws TimeoutError if a peer does not come in time. After any exception the
  /// operation is not used again, and its ranks may be in different places: what it shares with other operations of its
  /// strategy is unsound until the next do_prepare(), in which the ranks agree on that and make it anew.
  virtual void enqueue(const Bindings& bindings) = 0;
};

/// Memory of a backend; freed when it is destroyed. Made by Backend::allocate().
class ARBITER_EXPORT Buffer {
 public:
  virtual ~Buffer();
  /// An address on the backend's device. Never null, aligned for every element type.
  [[nodiscard]] virtual void* data() const = 0;
  /// The size in bytes, at least what was asked for.
  [[nodiscard]] virtual std::size_t bytes() const = 0;
};

/// One run of the operation within a sample.
struct Iteration {
  Bindings bindings;
  /// Contexts engine and engine_early: the neighbour copies the message to where `bindings.input` is.
  void* message_to = nullptr;
  const void* message_from = nullptr;
  double delay_us = 0.0;  ///< likewise: the neighbour of this iteration takes this much longer
};

/// The kernel in front of each operation in the contexts engine and engine_early, in place of a matrix product.
struct Neighbour {
  std::size_t message_bytes = 0;  ///< that it writes
  std::size_t weight_bytes = 0;   ///< that it reads, at other addresses each time, so that no cache holds them
  double least_us = 0.0;          ///< it takes at least this long
};

/// What a sample runs and how.
struct SampleRequest {
  Context context = Context::back_to_back;
  bool graph = true;  ///< one replay of a CUDA graph, where the backend has graphs
  std::vector<Iteration> iterations;
  Neighbour neighbour;
};

/// A number of runs of one operation, which can be timed any number of times. Made by Backend::sample().
class ARBITER_EXPORT Sample {
 public:
  virtual ~Sample();
  /// Collective. Waits for all ranks, runs all iterations, and returns the time this rank took for all of them, in
  /// microseconds: of the operations and their neighbours; with context `isolated` without the waits between
  /// operations. Throws TimeoutError.
  [[nodiscard]] virtual double time(ProcessGroup& group) = 0;
  /// Whether it replays a CUDA graph.
  [[nodiscard]] virtual bool graph() const { return false; }
};

/// A range of a backend's memory.
struct MemoryRange {
  const void* data;
  std::size_t bytes;
};

/// What the speed of a device depends on at one moment.
struct SpeedState {
  double clock_mhz = Measurement::none;  ///< NaN if it is not known
  std::string throttling;                ///< what lowers the clock ("power cap", "temperature"); empty if nothing does
};

/// Measures the latency and the bandwidth between the ranks of one group: the machine probe, from which lower bounds
/// are computed. Made by Backend::machine_prober(); owns the memory it measures with. One case at a time.
class ARBITER_EXPORT MachineProber {
 public:
  virtual ~MachineProber();
  /// The cases in the order to measure them; the same on every rank. See usual_probe_cases().
  [[nodiscard]] virtual std::vector<ProbeCase> cases() const = 0;
  /// An operation without tensors that performs the case once; it is timed like any other operation. Ranks without a
  /// part in the case do nothing. Not collective. Throws Error.
  [[nodiscard]] virtual std::unique_ptr<Operation> probe(const ProbeCase& what) = 0;
  /// Clears the receive buffers, so that missing() sees what the next runs write. Called on every rank after probe()
  /// and before the first run of any rank.
  virtual void clear() = 0;
  /// Called after the first run of all ranks: describes the first data that did not arrive at this rank; empty if all
  /// arrived. See probe_pattern() and missing_from().
  [[nodiscard]] virtual std::string missing(const ProbeCase& what) = 0;
};

/// A kind of memory and execution: "host" or "cuda". Strategies allocate from it; the runner runs and times operations
/// through it. One object per rank, used by one thread.
class ARBITER_EXPORT Backend : public Plugin {
 public:
  /// The name that `backend:` in the YAML and PluginDescriptor::backend use.
  [[nodiscard]] virtual std::string name() const = 0;
  /// Whether this process can use the backend, and if not, why ("no CUDA device is visible").
  [[nodiscard]] Support available() const;
  /// The platform ("cpu", "sm90"), which file names have, and facts about the machine. Throws PluginError if the
  /// platform is empty.
  [[nodiscard]] Machine machine() const;
  /// Whether the fusion can run on this backend, and if not, why. Not collective; the same on every rank.
  [[nodiscard]] Support supports(const Fusion& fusion, const Problem& problem) const;

  /// Memory of at least `bytes`. Throws Error that names the bytes asked for and the bytes free.
  [[nodiscard]] std::unique_ptr<Buffer> allocate(std::size_t bytes);
  /// Copies from host memory to the backend's memory, and back. Returns when the copy is complete.
  virtual void copy_in(void* destination, const void* host, std::size_t bytes) = 0;
  virtual void copy_out(void* host, const void* source, std::size_t bytes) = 0;
  /// Sets every byte of a range of the backend's memory. Returns when that is done.
  virtual void fill(void* destination, unsigned char byte, std::size_t bytes) = 0;
  /// The bytes that this rank may allocate now if all `ranks_per_host` ranks of the host allocate as much.
  [[nodiscard]] virtual std::int64_t free_bytes(int ranks_per_host) const = 0;

  /// The operation of a strategy that does not fuse: `reduction`, whose only output is the reduced message, then the
  /// fusion's epilogue as a separate pass over it. Keeps references to `fusion`. Throws Error.
  [[nodiscard]] std::unique_ptr<Operation> with_epilogue_pass(std::unique_ptr<Operation> reduction,
                                                              const Fusion& fusion, const Problem& problem);

  /// Runs the operation once and waits until it is complete. Collective, as Operation::enqueue() is.
  virtual void run(Operation& operation, const Bindings& bindings) = 0;
  /// A sample of the request's iterations (at least one). Without an operation it is that of the neighbours alone,
  /// whose time is subtracted. The operation and the tensors must outlive the sample. Throws Error, also for a context
  /// that is not one of contexts().
  [[nodiscard]] std::unique_ptr<Sample> sample(Operation* operation, const SampleRequest& request);
  /// Likewise with `iterations_per_sample` runs back to back, all on the same tensors.
  [[nodiscard]] std::unique_ptr<Sample> sample(Operation& operation, const Bindings& bindings,
                                               std::int64_t iterations_per_sample, bool graph);
  /// The contexts that sample() can make, the default first. Back to back if the backend says nothing.
  [[nodiscard]] virtual std::vector<Context> contexts() const { return {Context::back_to_back}; }

  /// Whether it has CUDA graphs; samples are eager where it has not.
  [[nodiscard]] virtual bool has_graphs() const { return false; }

  /// 64 bits for each range of the backend's memory, that differ when any of its bytes does, for all practical
  /// purposes. The same bytes have the same fingerprint on every rank. Returns when all are computed: on a device, the
  /// wait takes longer than the work.
  [[nodiscard]] std::vector<std::uint64_t> fingerprints(std::span<const MemoryRange> ranges);
  /// How many bytes one rank may use again and again without leaving the cache that all of its device shares. Sets of
  /// tensors that fit are used in turn.
  [[nodiscard]] virtual std::size_t cache_bytes() const { return std::size_t{1} << 20U; }
  /// The rate of a matrix product of this dtype, in floating-point operations per second; 0 if the backend has no
  /// neighbour. It is measured on the first call.
  [[nodiscard]] virtual double product_flops(DType /*dtype*/) { return 0.0; }
  /// Now, while the device works or just did.
  [[nodiscard]] virtual SpeedState speed_state() { return {}; }

  /// Collective. A prober for the ranks of a group, all on one host; null if the backend has none. `timeout` bounds
  /// every wait of its operations. Throws Error.
  [[nodiscard]] virtual std::unique_ptr<MachineProber> machine_prober(ProcessGroup& group,
                                                                      std::chrono::milliseconds timeout);

  /// Whether each rank needs a core to itself while it is measured, because it spins and reduces on the CPU. Otherwise
  /// ranks may use all cores.
  [[nodiscard]] virtual bool needs_a_core() const { return false; }
  /// The largest number of ranks on one host; the largest int if there is no limit.
  [[nodiscard]] virtual int ranks_per_host() const;
  /// Whether this process can no longer use the backend, after an illegal memory access on the GPU for instance. The
  /// runner then continues in fresh processes.
  [[nodiscard]] virtual bool lost() const { return false; }

 protected:
  /// Implement the public calls of the same name. The public call checks arguments and results: a null pointer, an
  /// empty platform or a buffer that is too small ends in a PluginError, and a refusal without a reason gets one.
  [[nodiscard]] virtual Support do_available() const = 0;
  [[nodiscard]] virtual Machine do_machine() const = 0;
  /// By default every fusion can run.
  [[nodiscard]] virtual Support do_supports(const Fusion& fusion, const Problem& problem) const;
  [[nodiscard]] virtual std::unique_ptr<Buffer> do_allocate(std::size_t bytes) = 0;
  /// By default the fusion's host epilogue, row by row, over memory that the CPU can read.
  [[nodiscard]] virtual std::unique_ptr<Operation> do_with_epilogue_pass(std::unique_ptr<Operation> reduction,
                                                                         const Fusion& fusion, const Problem& problem);
  [[nodiscard]] virtual std::unique_ptr<Sample> do_sample(Operation* operation, const SampleRequest& request) = 0;
  /// By default copies the ranges out and calls host_fingerprint().
  [[nodiscard]] virtual std::vector<std::uint64_t> do_fingerprints(std::span<const MemoryRange> ranges);
};

/// Backend::fingerprints() of one range of host memory. Thread-safe.
[[nodiscard]] ARBITER_EXPORT std::uint64_t host_fingerprint(const void* data, std::size_t bytes);

}  // namespace arbiter
