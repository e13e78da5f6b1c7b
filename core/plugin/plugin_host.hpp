#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/plugin.hpp"

namespace arbiter {

/// One shared object that was looked at: a plugin, or the reason why it is none.
struct PluginEntry {
  std::filesystem::path file;
  std::string refused;  ///< empty if it can be used
  PluginKind kind{};
  std::string name;
  std::string version;
  std::string summary;
  std::string backend;  ///< strategies only
  int table_id = -1;    ///< strategies only
  std::vector<ParameterSpec> parameters;
};

/// Finds plugins, checks them and makes their objects. Not synchronised.
class PluginHost {
 public:
  PluginHost();
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  /// Looks at every *.so of a folder, in the order of their names. Files that are no plugin become entries with a
  /// reason. Throws PluginError for a folder that cannot be read, and for one that anybody may write to: a file put
  /// there would run as this user.
  void load_dir(const std::filesystem::path& dir);
  void load_file(const std::filesystem::path& file);

  [[nodiscard]] const std::vector<PluginEntry>& entries() const;
  /// The usable plugin of that name, or null. `backend` matters for strategies only.
  [[nodiscard]] const PluginEntry* find(PluginKind kind, std::string_view name, std::string_view backend = {}) const;
  /// The names of all usable plugins of a kind, in loading order.
  [[nodiscard]] std::vector<std::string> names(PluginKind kind, std::string_view backend = {}) const;

  /// Makes an object; it keeps its library loaded. Throws PluginError: the path, and what the factory threw; a
  /// ConfigError of the factory (parameters that do not fit together) stays one.
  [[nodiscard]] std::shared_ptr<Plugin> create(const PluginEntry& entry, const Parameters& parameters) const;
  template <class Kind>
  [[nodiscard]] std::shared_ptr<Kind> create_as(const PluginEntry& entry, const Parameters& parameters) const {
    return std::dynamic_pointer_cast<Kind>(create(entry, parameters));
  }

 private:
  struct Libraries;
  std::unique_ptr<Libraries> libraries_;
};

}  // namespace arbiter
