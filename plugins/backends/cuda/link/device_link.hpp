#pragma once

#include <span>
#include <string>
#include <vector>

#include "arbiter/cuda/device_code.hpp"
#include "link/linked_code.hpp"

namespace arbiter::cuda {

/// Joins device code with nvJitLink, optimised across all of it; of its kernels only `entry` is kept, or all if it is
/// empty. Needs no device.
/// `arch_suffix` is "a" or "f" for features of one architecture or family. Threads may link at the same time, though
/// the library does most of the work one link after another. Throws Error: the parts' names and the linker's words.
[[nodiscard]] LinkedCode link_device_code(std::span<const DeviceCode> parts, const std::string& entry, int sm_version,
                                          const std::string& arch_suffix = "");

/// What link_device_code() passes to the linker.
[[nodiscard]] std::vector<std::string> link_options(const std::string& entry, int sm_version,
                                                    const std::string& arch_suffix = "");

/// The linker's version: "13.0".
[[nodiscard]] std::string linker_version();

}  // namespace arbiter::cuda
