// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "arbiter/export.hpp"

namespace arbiter {

/// The bytes that can still be allocated on this machine: the kernel's MemAvailable, limited by every control group
/// (version 1 or 2) around this process; the largest number if neither is known. Ask before a large allocation: Linux
/// grants more memory than it has and kills the process that then uses it. `root` is the folder with proc/ and sys/.
/// Thread-safe.
[[nodiscard]] ARBITER_EXPORT std::int64_t free_host_memory(const std::filesystem::path& root = "/");

}  // namespace arbiter
