#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
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

/// Something that was prepared for one problem and can be put to work again and again. enqueue() makes nothing and
/// frees nothing.
class ARBITER_EXPORT Operation {
 public:
  virtual ~Operation();
  /// Collective: every rank of the group calls it for the same problem. On a host backend it returns when the result
  /// is complete in this rank's outputs and its input may be written again; on a GPU it only enqueues on the backend's
  /// stream. Throws TimeoutError if a peer does not come.
  virtual void enqueue(const Bindings& bindings) = 0;
};

class Fusion;

/// Frees itself; from Backend::allocate().
class ARBITER_EXPORT Buffer {
 public:
  virtual ~Buffer();
  [[nodiscard]] virtual void* data() const = 0;
  [[nodiscard]] virtual std::size_t bytes() const = 0;
};

/// `iterations_per_sample` runs of an operation, back to back, ready to be timed again and again; from
/// Backend::sample().
class ARBITER_EXPORT Sample {
 public:
  virtual ~Sample();
  /// Collective. Lines the ranks up and returns this rank's microseconds for all runs. Throws TimeoutError.
  [[nodiscard]] virtual double time(ProcessGroup& group) = 0;
  /// Whether it replays a CUDA graph.
  [[nodiscard]] virtual bool graph() const { return false; }
};

/// Measures what a machine can do at best between the ranks of one group; from Backend::machine_prober(). Its memory is
/// its own. One case at a time.
class ARBITER_EXPORT MachineProber {
 public:
  virtual ~MachineProber();
  /// In the order to measure them; the same on every rank.
  [[nodiscard]] virtual std::vector<ProbeCase> cases() const = 0;
  /// An operation without tensors that does it once: times are taken of it as of every other. Ranks that have no part
  /// in the case do nothing in it. Not collective. Throws Error.
  [[nodiscard]] virtual std::unique_ptr<Operation> probe(const ProbeCase& what) = 0;
  /// Between probe() and the first run, which no rank begins before all have done it: as if nothing had arrived yet.
  virtual void clear() = 0;
  /// After the first run of all ranks: what has not arrived at this one, word for word; empty if all has.
  [[nodiscard]] virtual std::string missing(const ProbeCase& what) = 0;
};

/// A kind of memory and of execution: "host", "cuda". One object per rank; one thread.
class ARBITER_EXPORT Backend : public Plugin {
 public:
  /// "host", "cuda".
  [[nodiscard]] virtual std::string name() const = 0;
  /// Whether this process can use it at all ("no CUDA device is visible").
  [[nodiscard]] Support available() const;
  /// The machine as file names and artefacts give it: platform "cpu" or "sm90", and facts. Throws PluginError for one
  /// without a platform.
  [[nodiscard]] Machine machine() const;
  /// Whether the fusion can run on it. Not collective, the same on every rank.
  [[nodiscard]] Support supports(const Fusion& fusion, const Problem& problem) const;

  /// Memory of at least `bytes`. Throws Error: bytes asked, bytes free.
  [[nodiscard]] std::unique_ptr<Buffer> allocate(std::size_t bytes);
  virtual void copy_in(void* destination, const void* host, std::size_t bytes) = 0;
  virtual void copy_out(void* host, const void* source, std::size_t bytes) = 0;
  virtual void fill(void* destination, unsigned char byte, std::size_t bytes) = 0;
  /// Bytes this rank may allocate now, given `ranks_per_host` that all do the same.
  [[nodiscard]] virtual std::int64_t free_bytes(int ranks_per_host) const = 0;

  /// What a strategy that does not fuse becomes: `reduction` (whose single output is the reduced message) followed by
  /// the fusion's epilogue as a separate pass. Throws Error.
  [[nodiscard]] std::unique_ptr<Operation> with_epilogue_pass(std::unique_ptr<Operation> reduction,
                                                              const Fusion& fusion, const Problem& problem);

  /// Runs the operation once and waits for it.
  virtual void run(Operation& operation, const Bindings& bindings) = 0;
  /// `iterations_per_sample` (from 1) runs of the operation, ready to be timed. `graph`: as one replay of a CUDA graph,
  /// where the backend has such things. The operation and the memory must outlive the sample. Throws Error.
  [[nodiscard]] std::unique_ptr<Sample> sample(Operation& operation, const Bindings& bindings,
                                               std::int64_t iterations_per_sample, bool graph);

  /// Collective. What measures the machine between the ranks of a group, on one host; null if nothing does. `timeout`
  /// bounds the waits of its operations. Throws Error.
  [[nodiscard]] virtual std::unique_ptr<MachineProber> machine_prober(ProcessGroup& group,
                                                                      std::chrono::milliseconds timeout);

  /// Whether a rank needs a core to itself while it is measured, because it spins and reduces there; if not, ranks may
  /// use all cores.
  [[nodiscard]] virtual bool needs_a_core() const { return false; }
  /// The most ranks one host can take; the largest int if there is no limit.
  [[nodiscard]] virtual int ranks_per_host() const;
  /// Whether this process can no longer use it (an illegal memory access on a GPU, a kernel that never ends): only a
  /// fresh process can go on then.
  [[nodiscard]] virtual bool lost() const { return false; }

 protected:
  /// The answers to the public calls above; pointers are never null, refusals have reasons.
  [[nodiscard]] virtual Support do_available() const = 0;
  [[nodiscard]] virtual Machine do_machine() const = 0;
  [[nodiscard]] virtual Support do_supports(const Fusion& fusion, const Problem& problem) const;
  [[nodiscard]] virtual std::unique_ptr<Buffer> do_allocate(std::size_t bytes) = 0;
  /// The default runs the host epilogue over host memory.
  [[nodiscard]] virtual std::unique_ptr<Operation> do_with_epilogue_pass(std::unique_ptr<Operation> reduction,
                                                                         const Fusion& fusion, const Problem& problem);
  [[nodiscard]] virtual std::unique_ptr<Sample> do_sample(Operation& operation, const Bindings& bindings,
                                                          std::int64_t iterations_per_sample, bool graph) = 0;
};

}  // namespace arbiter
