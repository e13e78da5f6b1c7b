// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
