// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_library.hpp"

#include <system_error>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "plugin/plugin_checks.hpp"

namespace arbiter {

namespace {

constexpr const char* descriptor_symbol = "arbiter_plugin_descriptor";
constexpr const char* factory_symbol = "arbiter_plugin_create";

}  // namespace

PluginLibrary::PluginLibrary(boost::dll::shared_library library) : library_(std::move(library)) {
  for (const char* symbol : {descriptor_symbol, factory_symbol}) {
    if (!library_.has(symbol)) {
      throw PluginError(fmt::format("is no Arbiter plugin: it has no symbol {} (ARBITER_PLUGIN defines it)", symbol));
    }
  }
  descriptor_ = &library_.get<const PluginDescriptor>(descriptor_symbol);
  check_descriptor(*descriptor_);
  create_ = &library_.get<Plugin*(const Parameters*)>(factory_symbol);
}

std::shared_ptr<PluginLibrary> PluginLibrary::load(const std::filesystem::path& file) {
  check_file_format(file);
  boost::dll::shared_library library;
  try {
    library.load(file, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::system_error& error) {
    throw PluginError(fmt::format("cannot be loaded: {}", error.what()));
  }
  return std::shared_ptr<PluginLibrary>(new PluginLibrary(std::move(library)));
}

std::shared_ptr<Plugin> PluginLibrary::create(const Parameters& parameters) {
  Plugin* made = nullptr;
  try {
    made = create_(&parameters);
  } catch (const ConfigError& error) {
    // Each parameter is in range, but they do not fit together.
    throw ConfigError(error.what());
  } catch (const std::exception& error) {
    // The exception's type may live in the library, which may be unloaded before the exception: keep only the text.
    throw PluginError(fmt::format("its factory failed: {}", error.what()));
  } catch (...) {
    throw PluginError("its factory threw an exception that is no std::exception");
  }
  if (made == nullptr) throw PluginError("its factory made nothing");
  return {made, [library = shared_from_this()](Plugin* plugin) { delete plugin; }};
}

}  // namespace arbiter
