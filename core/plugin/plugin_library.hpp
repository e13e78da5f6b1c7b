#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "arbiter/plugin.hpp"

namespace arbiter {

/// One shared object that passed the loader's checks. Objects it makes keep it loaded.
class PluginLibrary : public std::enable_shared_from_this<PluginLibrary> {
 public:
  /// Checks the file, loads it and reads its descriptor. Throws PluginError with the reason only; the caller has the
  /// path.
  static std::shared_ptr<PluginLibrary> load(const std::filesystem::path& file);
  ~PluginLibrary();
  PluginLibrary(const PluginLibrary&) = delete;
  PluginLibrary& operator=(const PluginLibrary&) = delete;

  [[nodiscard]] const PluginDescriptor& descriptor() const { return *descriptor_; }

  /// Calls the factory. Throws PluginError: what the factory threw, or that it made nothing.
  [[nodiscard]] std::shared_ptr<Plugin> create(const Parameters& parameters);

 private:
  struct Handle;
  explicit PluginLibrary(std::unique_ptr<Handle> handle);

  std::unique_ptr<Handle> handle_;
  const PluginDescriptor* descriptor_ = nullptr;
  Plugin* (*create_)(const Parameters*) = nullptr;
};

}  // namespace arbiter
