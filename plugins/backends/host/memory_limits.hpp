#pragma once

#include <cstdint>
#include <filesystem>

namespace arbiter::host {

/// Bytes that can still be had on this machine: what the kernel calls available, and no more than any control group
/// (version 1 or 2) around this process leaves. `root` is where /proc and /sys are looked for.
[[nodiscard]] std::int64_t free_memory(const std::filesystem::path& root = "/");

}  // namespace arbiter::host
