#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace arbiter::cuda {

/// A function of a cubin.
struct CubinFunction {
  std::string name;
  bool is_kernel = false;
};

/// Reads them from the symbol table. Throws Error for bytes that are no cubin.
[[nodiscard]] std::vector<CubinFunction> cubin_functions(std::span<const std::byte> cubin);

}  // namespace arbiter::cuda
