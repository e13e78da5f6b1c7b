#pragma once

#include <cstdint>
#include <filesystem>

#include "arbiter/export.hpp"

namespace arbiter {

/// Bytes that can still be had on this machine: what the kernel calls available, and no more than any control group
/// (version 1 or 2) around this process leaves. Ask before taking much: Linux grants more than it has and kills whoever
/// then uses it. `root` is where /proc and /sys are looked for.
[[nodiscard]] ARBITER_EXPORT std::int64_t free_host_memory(const std::filesystem::path& root = "/");

}  // namespace arbiter
