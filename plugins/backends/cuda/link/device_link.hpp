// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/cuda/device_code.hpp"

namespace arbiter::cuda {

/// What ptxas reports about one kernel.
struct KernelFacts {
  std::string name;
  int registers = 0;  ///< per thread
  int stack_bytes = 0;
  int spill_store_bytes = 0;
  int spill_load_bytes = 0;
  int shared_bytes = 0;  ///< static shared memory
};

/// Device code that a driver can load.
struct LinkedCode {
  std::vector<std::byte> cubin;
  std::string log;                      ///< the linker's
  std::vector<KernelFacts> kernels;     ///< read from the log
  std::vector<std::string> calls_left;  ///< functions that were not inlined, except the compiler's own ($__internal_*)

  /// Null if there is no kernel of that name.
  [[nodiscard]] const KernelFacts* kernel(std::string_view name) const;
};

/// Links device code with nvJitLink, with link-time optimisation across all parts. Keeps only the kernel `entry`, or
/// all kernels if it is empty; several are separated by commas. Needs no device. `arch_suffix` is "a" or "f" for features of one architecture or family.
/// Thread-safe, but the library serialises most of the work. Throws Error with the parts' names and the linker's
/// message.
[[nodiscard]] LinkedCode link_device_code(std::span<const DeviceCode> parts, const std::string& entry, int sm_version,
                                          const std::string& arch_suffix = "");

/// The options that link_device_code() passes to the linker.
[[nodiscard]] std::vector<std::string> link_options(const std::string& entry, int sm_version,
                                                    const std::string& arch_suffix = "");

/// The linker's version: "13.0".
[[nodiscard]] std::string linker_version();

/// Reads the facts from log and cubin. Throws Error if `cubin` is not a cubin.
[[nodiscard]] LinkedCode linked_code(std::vector<std::byte> cubin, std::string log);

/// The kernels in the log of a link with `-Xptxas=-v`.
[[nodiscard]] std::vector<KernelFacts> kernel_facts(std::string_view log);

/// A function of a cubin.
struct CubinFunction {
  std::string name;
  bool is_kernel = false;
};

/// From the symbol table. Throws Error if `cubin` is not a cubin.
[[nodiscard]] std::vector<CubinFunction> cubin_functions(std::span<const std::byte> cubin);

}  // namespace arbiter::cuda
