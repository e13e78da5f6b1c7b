#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "arbiter/cuda/device_code.hpp"
#include "link/cache_folder.hpp"
#include "link/linked_code.hpp"

namespace arbiter::cuda {

/// Linked code on disk, by what it was made of. Ranks may share the folder. Nothing about the folder ends a run: what
/// cannot be read there is linked again. One thread at a time.
class CubinCache {
 public:
  using Warn = std::function<void(const std::string& message)>;

  /// `warn` is called once at most, when the folder is of no use. An empty path: links every time.
  explicit CubinCache(const std::filesystem::path& folder = default_cache_folder(), Warn warn = {});

  /// What link_device_code() of the same arguments gives. Throws what it throws.
  [[nodiscard]] LinkedCode link(std::span<const DeviceCode> parts, const std::string& entry, int sm_version,
                                const std::string& arch_suffix = "");

  [[nodiscard]] int linked() const { return linked_; }  ///< how many were made
  [[nodiscard]] int found() const { return found_; }    ///< how many were there

 private:
  void warn_once(const std::string& why);

  std::unique_ptr<CacheFolder> folder_;
  Warn warn_;
  int linked_ = 0;
  int found_ = 0;
};

}  // namespace arbiter::cuda
