// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include <boost/dll/shared_library.hpp>

#include "arbiter/plugin.hpp"

namespace arbiter {

/// A loaded shared object that passed every check of the loader. The objects it makes keep it loaded.
class PluginLibrary : public std::enable_shared_from_this<PluginLibrary> {
 public:
  /// Checks the file, loads it and checks its descriptor. Throws PluginError with the reason; the caller adds the path.
  static std::shared_ptr<PluginLibrary> load(const std::filesystem::path& file);

  [[nodiscard]] const PluginDescriptor& descriptor() const { return *descriptor_; }

  /// Calls the factory. Throws PluginError with the factory's message or that it made nothing, and ConfigError where
  /// the factory threw one.
  [[nodiscard]] std::shared_ptr<Plugin> create(const Parameters& parameters);

 private:
  explicit PluginLibrary(boost::dll::shared_library library);

  boost::dll::shared_library library_;
  const PluginDescriptor* descriptor_ = nullptr;
  Plugin* (*create_)(const Parameters*) = nullptr;
};

}  // namespace arbiter
