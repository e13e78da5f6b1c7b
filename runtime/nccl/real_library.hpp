// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
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

/// A function's name, as a template's argument.
template <std::size_t length>
struct FunctionName {
  // NOLINTNEXTLINE(google-explicit-constructor): a text is meant to be one
  constexpr FunctionName(const char (&name)[length]) { std::copy_n(name, length, text.begin()); }
  std::array<char, length> text{};
};

/// Calls a function, which is looked up once: a look-up takes half a microsecond. Where this NCCL lacks it, it fails as
/// NCCL does for a wrong use.
template <FunctionName name, class... Arguments>
Result call_real(Arguments... arguments) {
  using Function = Result (*)(Arguments...);
  static const auto function = reinterpret_cast<Function>(real_library().find(name.text.data()));
  return function != nullptr ? function(arguments...) : invalid_usage;
}

}  // namespace arbiter::nccl
