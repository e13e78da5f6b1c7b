#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"
#include "arbiter/plugin.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"
#include "arbiter/support.hpp"
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

/// A kind of memory and of execution: "host", "cuda". One object per rank.
class ARBITER_EXPORT Backend : public Plugin {
 public:
  /// Whether this process can use it at all ("no CUDA device is visible").
  [[nodiscard]] virtual Support available() const = 0;
  /// "host", "cuda".
  [[nodiscard]] virtual std::string name() const = 0;
  /// The machine as file names and artefacts give it: platform "cpu" or "sm90", and facts.
  [[nodiscard]] virtual Machine machine() const = 0;
  /// Bytes this rank may allocate now, given `ranks_per_host` that all do the same.
  [[nodiscard]] virtual std::int64_t free_bytes(int ranks_per_host) const = 0;

  /// Throws Error: bytes asked, bytes free.
  [[nodiscard]] virtual std::unique_ptr<Buffer> allocate(std::size_t bytes) = 0;
  virtual void copy_in(void* destination, const void* host, std::size_t bytes) = 0;
  virtual void copy_out(void* host, const void* source, std::size_t bytes) = 0;
  virtual void fill(void* destination, unsigned char byte, std::size_t bytes) = 0;

  /// What a strategy that does not fuse becomes: `reduction` (whose single output is the reduced message) followed by
  /// the fusion's epilogue as a pass of its own. The default runs the host epilogue over host memory.
  [[nodiscard]] virtual std::unique_ptr<Operation> with_epilogue_pass(std::unique_ptr<Operation> reduction,
                                                                      const Fusion& fusion, const Problem& problem);

  /// Runs the operation once and waits for it.
  virtual void run(Operation& operation, const Bindings& bindings) = 0;
  /// Runs it `inner` times back to back, ranks lined up first, and returns this rank's microseconds for all of them.
  [[nodiscard]] virtual double time(Operation& operation, const Bindings& bindings, std::int64_t inner,
                                    ProcessGroup& group) = 0;
};

}  // namespace arbiter
