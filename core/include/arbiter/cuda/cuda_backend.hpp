// SPDX-License-Identifier: Apache-2.0
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

/// The cuda backend as strategies see it. No CUDA header is needed on the host's side. A strategy with kernels
///   1. in do_prepare() (collective): gets peer memory from share(), all kernels it may need from link(), a bound from
///      spin_bound(), which the memory guards;
///   2. in Operation::enqueue(): calls use() of the memory, fills its kernel's arguments, epilogue_arguments() among
///      them, and calls launch().
/// The backend synchronises the stream, captures it into CUDA graphs, times it and reports what the kernels' waits
/// failed on; operations never synchronise. Nothing here may be used by two threads at once.
namespace arbiter::cuda {

/// Of the GPUs that the backend can use: device code is compiled for sm_80 and later.
inline constexpr int oldest_sm_version = 80;

/// How a kernel is launched on the backend's stream. Grid, block and cluster have one dimension.
struct Launch {
  unsigned grid = 1;          ///< blocks; a multiple of `cluster`
  unsigned block = 128;       ///< threads per block
  unsigned cluster = 1;       ///< blocks per cluster; more than 1 needs sm_90
  unsigned shared_bytes = 0;  ///< dynamic shared memory per block
  bool exclusive_sm = false;  ///< at most one block per multiprocessor, by reserving half of its shared memory
  /// Programmatic dependent launch: blocks may start before the preceding kernel of the stream has ended, so the
  /// kernel must call pdl_wait() (arbiter/cuda/pdl.cuh) before it reads or overwrites that kernel's memory.
  bool programmatic = false;
};

/// A linked kernel, loaded on this rank's device; its code stays loaded as long as it lives.
class ARBITER_EXPORT Kernel {
 public:
  virtual ~Kernel();
  /// Enqueues one launch on CudaBackend::stream(). `arguments[i]` is the address of parameter i, read before the call
  /// returns. Asynchronous; allocates nothing. Throws Error.
  virtual void launch(const Launch& launch, std::span<void* const> arguments) = 0;
  /// The number of blocks the whole device can run at once with this configuration; `launch.grid` is ignored. Blocks
  /// that wait for each other must all be resident, so their grid must not be larger. Throws Error.
  [[nodiscard]] virtual int resident_blocks(const Launch& launch) const = 0;
};

/// One allocation of device memory per rank of a group, mapped by all of its ranks. Kernels may load from and store to
/// every part. The ranks need not release it together: a part is unmapped when no rank uses it any more.
class ARBITER_EXPORT PeerMemory {
 public:
  virtual ~PeerMemory();
  /// Of each part, as passed to share().
  [[nodiscard]] virtual std::size_t bytes() const = 0;
  /// The parts by rank, this rank's included, as addresses of this process. At least 256-byte aligned.
  [[nodiscard]] virtual std::span<void* const> of_ranks() const = 0;

  /// The same bound for waits for data in this memory. A kernel that gives up such a wait leaves the memory in a state
  /// that no rank knows, so it marks it broken on every rank, for every operation that uses it.
  [[nodiscard]] virtual SpinBound guarded(SpinBound bound) const { return bound; }
  /// Call it first in Operation::enqueue(). Throws Error if the memory is broken. The run() or time() that waits for
  /// the operation throws TimeoutError if the memory broke meanwhile, whichever rank gave up.
  virtual void use() {}
  /// Whether a run found it broken. Ranks may learn that at different times, so do_prepare() agrees on it
  /// (ProcessGroup::all()) and makes new memory.
  [[nodiscard]] virtual bool broken() const { return false; }
};

/// The cuda backend: `dynamic_cast<cuda::CudaBackend&>(preparation.backend)`. One object per rank, with one device and
/// one stream. Calls that need the device take it on the first call; all of them throw Error if there is none.
class ARBITER_EXPORT CudaBackend : public Backend {
 public:
  /// Compute capability: 90 for sm_90.
  [[nodiscard]] virtual int sm_version() const = 0;
  /// Multiprocessors of this rank's device.
  [[nodiscard]] virtual int multiprocessors() const = 0;
  /// The cudaStream_t to enqueue on now. It changes while an operation is captured into a graph, so ask in enqueue().
  [[nodiscard]] virtual void* stream() const = 0;

  /// Id of the allocation that contains `address`; never reused. Tells new memory at an old address from the old
  /// memory. 0 for memory that allocate() did not return.
  [[nodiscard]] virtual std::uint64_t allocation_id(const void* address) const = 0;

  /// Collective. Allocates `bytes` on each rank, sets every byte of it to `fill` and maps it on all ranks; returns when
  /// the fill is done here, so a barrier must precede the first store to a peer. Throws Error on every rank with what
  /// is missing: peer access between which GPUs, or bytes asked and free.
  [[nodiscard]] virtual std::unique_ptr<PeerMemory> share(ProcessGroup& group, std::size_t bytes,
                                                          unsigned char fill) = 0;

  /// Links `parts` for this device with link-time optimisation across all of them and loads `entry`, an extern "C"
  /// kernel of one of them. Results are cached in memory and on disk. Takes up to seconds, so call it in do_prepare(),
  /// never in enqueue().
  /// Throws Error with the linker's message.
  [[nodiscard]] virtual std::shared_ptr<Kernel> link(std::span<const DeviceCode> parts, const std::string& entry) = 0;

  /// The bound to pass to an operation's kernels, by value; see arbiter/cuda/spin.cuh. The run() or time() that waits
  /// for a kernel which exceeded it throws TimeoutError with rank, epoch and peer, and clears the failure.
  [[nodiscard]] virtual SpinBound spin_bound(std::chrono::milliseconds timeout, const ProcessGroup& group) = 0;
};

/// The argument that a fusion's device epilogue takes for these bindings. Allocates nothing. Throws Error if the fusion
/// has more tensors than EpilogueArguments::max_tensors.
[[nodiscard]] ARBITER_EXPORT EpilogueArguments epilogue_arguments(const Problem& problem, const Bindings& bindings,
                                                                  const DeviceEpilogue& epilogue);

}  // namespace arbiter::cuda
