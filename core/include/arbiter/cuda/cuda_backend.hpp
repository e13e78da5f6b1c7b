#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "arbiter/backend.hpp"
#include "arbiter/cuda/device_code.hpp"
#include "arbiter/cuda/epilogue_arguments.hpp"
#include "arbiter/cuda/spin_bound.hpp"
#include "arbiter/export.hpp"
#include "arbiter/fusion.hpp"

namespace arbiter::cuda {

/// How a kernel is launched on the backend's stream.
struct Launch {
  unsigned grid = 1;          ///< blocks
  unsigned block = 128;       ///< threads
  unsigned cluster = 1;       ///< blocks per cluster (sm_90 and later)
  unsigned shared_bytes = 0;  ///< dynamic shared memory
  bool exclusive_sm = false;  ///< each block has a multiprocessor for itself
  bool programmatic = false;  ///< may start before the kernel in front ends; it waits itself (griddepcontrol.wait)
};

/// A linked kernel on this rank's device. Keeps its module loaded.
class ARBITER_EXPORT Kernel {
 public:
  virtual ~Kernel();
  /// Enqueues it; `arguments` point at the parameters, in order. Throws Error. Nothing is allocated.
  virtual void launch(const Launch& launch, std::span<void* const> arguments) = 0;
  /// How many blocks run on the device at once, all multiprocessors together, if they are launched like that; `grid` is
  /// not looked at.
  [[nodiscard]] virtual int resident_blocks(const Launch& launch) const = 0;
};

/// Device memory of each rank of a group that all of them reach.
class ARBITER_EXPORT PeerMemory {
 public:
  virtual ~PeerMemory();
  [[nodiscard]] virtual std::size_t bytes() const = 0;
  /// By rank, this one's own included; addresses are of this process.
  [[nodiscard]] virtual std::span<void* const> of_ranks() const = 0;
};

/// The cuda backend as strategies see it: `dynamic_cast<cuda::CudaBackend&>(preparation.backend)`. Strategies need no
/// CUDA headers for what is here. One object per rank, one stream; not thread-safe.
class ARBITER_EXPORT CudaBackend : public Backend {
 public:
  /// 90 for sm_90.
  [[nodiscard]] virtual int sm_version() const = 0;
  [[nodiscard]] virtual int multiprocessors() const = 0;
  /// The cudaStream_t everything is enqueued on; while an operation is captured into a graph, the capturing one.
  [[nodiscard]] virtual void* stream() const = 0;

  /// The number of the memory behind an address, which no other memory of this process has or had, though it may have
  /// had the address; 0 for memory that is not from allocate().
  [[nodiscard]] virtual std::uint64_t buffer_number(const void* address) const = 0;

  /// Collective. Memory of `bytes` on each rank, every byte set to `fill`. Throws Error on every rank: what is missing
  /// (peer access between which GPUs, memory asked and free).
  [[nodiscard]] virtual std::unique_ptr<PeerMemory> share(ProcessGroup& group, std::size_t bytes,
                                                          unsigned char fill) = 0;

  /// Links device code for this device, optimised across all of it, and finds `entry`, an extern "C" kernel. Cached on
  /// disk. Throws Error with the linker's words.
  [[nodiscard]] virtual std::shared_ptr<Kernel> link(std::span<const DeviceCode> parts, const std::string& entry) = 0;

  /// The bound for the spins of an operation's kernels. A failure they report is thrown as TimeoutError, naming rank,
  /// epoch and peer, by the run() or time() that waited for them; it is then forgotten.
  [[nodiscard]] virtual SpinBound spin_bound(std::chrono::milliseconds timeout, const ProcessGroup& group) = 0;
};

/// The arguments of a fusion's epilogue. Throws Error if it has more tensors than fit.
[[nodiscard]] ARBITER_EXPORT EpilogueArguments epilogue_arguments(const Problem& problem, const Bindings& bindings,
                                                                  const DeviceEpilogue& epilogue);

}  // namespace arbiter::cuda
