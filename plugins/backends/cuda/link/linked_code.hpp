#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arbiter::cuda {

/// What the assembler says of one kernel.
struct KernelFacts {
  std::string name;
  int registers = 0;
  int stack_bytes = 0;
  int spill_store_bytes = 0;
  int spill_load_bytes = 0;
  int shared_bytes = 0;  ///< static ones
};

/// Device code that a driver can load.
struct LinkedCode {
  std::vector<std::byte> cubin;
  std::string log;                   ///< the linker's
  std::vector<KernelFacts> kernels;  ///< read from the log
  /// Functions that are called: what was not inlined. The compiler's own subroutines (the rare cases of a division)
  /// are not among them.
  std::vector<std::string> calls_left;

  /// Null if there is none of that name.
  [[nodiscard]] const KernelFacts* kernel(std::string_view name) const;
};

/// Derives the facts. Throws Error for a cubin that is none.
[[nodiscard]] LinkedCode linked_code(std::vector<std::byte> cubin, std::string log);

/// The kernels of a log that `-Xptxas=-v` made.
[[nodiscard]] std::vector<KernelFacts> kernel_facts(std::string_view log);

}  // namespace arbiter::cuda
