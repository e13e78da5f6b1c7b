// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "arbiter/cuda/device_code.hpp"
#include "link/linked_code.hpp"

namespace arbiter::cuda {

/// Links device code with nvJitLink, with link-time optimisation across all parts. Keeps only the kernel `entry`, or
/// all kernels if it is empty; several are separated by commas. Needs no device. `arch_suffix` is "a" or "f" for
/// features of one architecture or family. Thread-safe, but the library serialises most of the work. Throws Error with
/// the parts' names and the linker's message.
[[nodiscard]] LinkedCode link_device_code(std::span<const DeviceCode> parts, const std::string& entry, int sm_version,
                                          const std::string& arch_suffix = "");

/// The options that link_device_code() passes to the linker.
[[nodiscard]] std::vector<std::string> link_options(const std::string& entry, int sm_version,
                                                    const std::string& arch_suffix = "");

/// The linker's version: "13.0".
[[nodiscard]] std::string linker_version();

}  // namespace arbiter::cuda
