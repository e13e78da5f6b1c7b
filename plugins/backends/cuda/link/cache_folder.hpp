// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace arbiter::cuda {

/// $ARBITER_CACHE_DIR, else $XDG_CACHE_HOME/arbiter, else ~/.cache/arbiter; empty if none of the variables is set.
[[nodiscard]] std::filesystem::path default_cache_folder();

/// A folder of files that only this user can write. Code is loaded from them, so a folder or file that another user
/// owns or may write is not used. Processes may share it: a file appears complete or not at all.
class CacheFolder {
 public:
  /// Creates the folder if needed. Throws Error if it cannot be used, with the reason.
  explicit CacheFolder(const std::filesystem::path& path);
  ~CacheFolder();
  CacheFolder(const CacheFolder&) = delete;
  CacheFolder& operator=(const CacheFolder&) = delete;

  /// Nothing if the file does not exist, is not trusted or cannot be read.
  [[nodiscard]] std::optional<std::vector<std::byte>> read(const std::string& name) const;
  /// Replaces the file if it exists. Throws Error.
  void write(const std::string& name, std::span<const std::byte> bytes) const;

 private:
  std::filesystem::path path_;
  int folder_ = -1;
};

}  // namespace arbiter::cuda
