// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "arbiter/cuda/device_code.hpp"
#include "link/cache_folder.hpp"
#include "link/device_link.hpp"

namespace arbiter::cuda {

/// Linked code on disk, keyed by all inputs of the link. Ranks may share the folder. Trouble with the folder never ends
/// a run: what cannot be read is linked again. Not thread-safe.
class CubinCache {
 public:
  using Warn = std::function<void(const std::string& message)>;

  /// `warn` is called at most once, when the folder cannot be used. With an empty path, every call links.
  explicit CubinCache(const std::filesystem::path& folder = default_cache_folder(), Warn warn = {});

  /// The result of link_device_code() with the same arguments. Throws the same.
  [[nodiscard]] LinkedCode link(std::span<const DeviceCode> parts, const std::string& entry, int sm_version,
                                const std::string& arch_suffix = "");

  [[nodiscard]] int linked() const { return linked_; }  ///< links made
  [[nodiscard]] int found() const { return found_; }    ///< links found in the folder

 private:
  void warn_once(const std::string& why);

  std::unique_ptr<CacheFolder> folder_;
  Warn warn_;
  int linked_ = 0;
  int found_ = 0;
};

}  // namespace arbiter::cuda
