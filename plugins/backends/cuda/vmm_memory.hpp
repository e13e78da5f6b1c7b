#pragma once

#include <cstddef>

#include <cuda.h>

namespace arbiter::cuda {

/// Physical device memory, mapped at an address of this process, that other processes can be handed a descriptor of
/// (cuMemCreate and its kin). It stays while any process has it mapped. Movable.
class VmmMemory {
 public:
  VmmMemory() = default;
  /// Made on `device`; `bytes` is rounded up to the granularity. Throws Error.
  [[nodiscard]] static VmmMemory make(int device, std::size_t bytes);
  /// Maps what another process exported. Takes nothing: the descriptor stays the caller's. Throws Error.
  [[nodiscard]] static VmmMemory import(int device, int descriptor, std::size_t mapped_bytes);
  ~VmmMemory() { reset(); }
  VmmMemory(VmmMemory&& other) noexcept;
  VmmMemory& operator=(VmmMemory&& other) noexcept;

  /// A file descriptor for other processes; the caller's to close. Throws Error.
  [[nodiscard]] int export_descriptor() const;

  [[nodiscard]] void* data() const;
  [[nodiscard]] std::size_t mapped_bytes() const { return mapped_bytes_; }

  /// Whether the device can make such memory and export it.
  [[nodiscard]] static bool supported(int device);

 private:
  void map(int device);
  void reset() noexcept;

  CUmemGenericAllocationHandle handle_ = 0;
  bool has_handle_ = false;
  bool is_mapped_ = false;
  CUdeviceptr address_ = 0;
  std::size_t mapped_bytes_ = 0;
};

}  // namespace arbiter::cuda
