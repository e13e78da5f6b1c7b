#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace arbiter::cuda {

/// $ARBITER_CACHE_DIR, else arbiter in $XDG_CACHE_HOME, else in ~/.cache; empty if the environment names none.
[[nodiscard]] std::filesystem::path default_cache_folder();

/// A folder of files that this user alone writes. Code is loaded from them, so a folder or a file that belongs to, or
/// may be written by, anybody else is not used. Processes may share it: a file appears whole or not at all.
class CacheFolder {
 public:
  /// Makes it if it is missing. Throws Error: why it cannot be used.
  explicit CacheFolder(const std::filesystem::path& path);
  ~CacheFolder();
  CacheFolder(const CacheFolder&) = delete;
  CacheFolder& operator=(const CacheFolder&) = delete;

  /// Nothing if there is no such file, or none to be trusted, or it cannot be read.
  [[nodiscard]] std::optional<std::vector<std::byte>> read(const std::string& name) const;
  /// Replaces whatever file is there. Throws Error.
  void write(const std::string& name, std::span<const std::byte> bytes) const;

 private:
  std::filesystem::path path_;
  int folder_ = -1;
};

}  // namespace arbiter::cuda
