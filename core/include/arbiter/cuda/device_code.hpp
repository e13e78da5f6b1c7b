#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace arbiter::cuda {

/// Device code as nvcc makes it with -dlto: LTO-IR of one translation unit in a fatbin, embedded in a plugin (see
/// arbiter_add_device_code() in the CMake package). The backend joins several with nvJitLink when a kernel is prepared.
struct DeviceCode {
  std::string name;                     ///< for messages: "oneshot.bfloat16"
  std::span<const std::byte> fatbin{};  ///< lives as long as the plugin

  [[nodiscard]] bool empty() const { return fatbin.empty(); }
};

}  // namespace arbiter::cuda
