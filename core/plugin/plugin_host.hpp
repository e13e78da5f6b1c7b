// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/plugin.hpp"

namespace arbiter {

class PluginLibrary;

/// A shared object that was examined: a plugin, or a file that was refused.
struct PluginEntry {
  std::filesystem::path file;
  std::string refused;  ///< the reason; empty for a usable plugin
  PluginKind kind{};
  std::string name;
  std::string version;
  std::string summary;
  std::string backend;  ///< strategies only
  int table_id = -1;    ///< strategies only
  std::vector<ParameterSpec> parameters;
};

/// The usable plugin of that name, or null. `backend` matters for strategies only; an empty one means any.
[[nodiscard]] const PluginEntry* find_plugin(std::span<const PluginEntry> entries, PluginKind kind,
                                             std::string_view name, std::string_view backend = {});
/// The distinct names of the usable plugins of a kind, in loading order.
[[nodiscard]] std::vector<std::string> plugin_names(std::span<const PluginEntry> entries, PluginKind kind,
                                                    std::string_view backend = {});

/// Loads plugins, checks them and makes their objects. Not thread-safe.
class PluginHost {
 public:
  /// Whether plugins are loaded at once, or tried in a child process first (plugin/trial.hpp), for processes that have
  /// started neither MPI nor CUDA. Trials are left out where what they found was inherited.
  enum class Loading : std::uint8_t { at_once, after_trial };

  explicit PluginHost(Loading loading = Loading::at_once);
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  /// Loads every *.so of a folder in the order of the names. A file that is no plugin becomes an entry with the reason.
  /// Throws PluginError for a folder that cannot be read, and for one that is world-writable: any user could put a file
  /// there that would run as this one.
  void load_dir(const std::filesystem::path& dir);
  /// Loads one file, unless it is loaded already.
  void load_file(const std::filesystem::path& file);

  /// An object to be made: by the plugin of that file, from these parameters.
  using Creation = std::pair<std::filesystem::path, Parameters>;
  /// Tries factories in a child process, unless plugins are loaded at_once. A plugin whose factory crashes, ends the
  /// process or does not return is refused from now on, and in the processes that this one starts. Returns their files.
  [[nodiscard]] std::vector<std::filesystem::path> refuse_broken_factories(const std::vector<Creation>& creations);

  [[nodiscard]] const std::vector<PluginEntry>& entries() const { return entries_; }
  [[nodiscard]] const PluginEntry* find(PluginKind kind, std::string_view name, std::string_view backend = {}) const {
    return find_plugin(entries_, kind, name, backend);
  }
  [[nodiscard]] std::vector<std::string> names(PluginKind kind, std::string_view backend = {}) const {
    return plugin_names(entries_, kind, backend);
  }

  /// Makes an object, which keeps its library loaded. Throws PluginError with the path and the factory's message, and
  /// ConfigError where the factory threw one: for parameters that do not fit together.
  [[nodiscard]] std::shared_ptr<Plugin> create(const PluginEntry& entry, const Parameters& parameters) const;
  /// The same; null if the object is none of this kind.
  template <class Kind>
  [[nodiscard]] std::shared_ptr<Kind> create_as(const PluginEntry& entry, const Parameters& parameters) const {
    return std::dynamic_pointer_cast<Kind>(create(entry, parameters));
  }

 private:
  void load_tried(const std::filesystem::path& file);

  bool tries_;
  std::vector<PluginEntry> entries_;
  std::vector<std::shared_ptr<PluginLibrary>> libraries_;  ///< one per entry; null for a refused one
};

/// Finds a plugin and makes an object of it, with default parameters unless some are given. Throws PluginError: which
/// plugin, and what is wrong with it.
template <class Kind>
std::shared_ptr<Kind> make_plugin(const PluginHost& plugins, PluginKind kind, const std::string& name,
                                  const std::optional<Parameters>& parameters = std::nullopt,
                                  const std::string& backend = {}) {
  const auto* entry = plugins.find(kind, name, backend);
  if (entry == nullptr) throw PluginError(fmt::format("there is no {} plugin {}", name_of(kind), name));
  auto made = plugins.create_as<Kind>(*entry, parameters ? *parameters : Parameters(entry->parameters));
  if (made == nullptr) {
    throw PluginError(fmt::format("{}: its factory makes no {}", entry->file.string(), name_of(kind)));
  }
  return made;
}

}  // namespace arbiter
