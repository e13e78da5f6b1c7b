// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "nccl_abi.hpp"

namespace arbiter::nccl {

/// The NCCL behind the drop-in. Loaded at the first call of a function of NCCL: a drop-in that is preloaded into every
/// process costs those without NCCL nothing.
class RealLibrary {
 public:
  /// A function's address, or null if this NCCL has none of that name.
  [[nodiscard]] void* find(const char* name) const;
  /// The file, for the runtime to open the same.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// As ncclGetVersion().
  [[nodiscard]] int version() const { return version_; }

 private:
  friend const RealLibrary& real_library();
  RealLibrary();
  void* handle_ = nullptr;
  std::string path_;
  int version_ = 0;
};

/// Ends the process, in words, where there is no NCCL: a program that calls it cannot go on either way.
[[nodiscard]] const RealLibrary& real_library();

/// Calls a function that every NCCL from 2.18 has, or, where this one lacks it, fails as NCCL does for a wrong use.
template <class... Arguments>
Result call_real(const char* name, Arguments... arguments) {
  using Function = Result (*)(Arguments...);
  void* function = real_library().find(name);
  if (function == nullptr) return invalid_usage;
  return reinterpret_cast<Function>(function)(arguments...);
}

}  // namespace arbiter::nccl
