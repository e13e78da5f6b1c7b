// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_library.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

#include <boost/dll/library_info.hpp>
#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

constexpr const char* descriptor_symbol = "arbiter_plugin_descriptor";
constexpr const char* factory_symbol = "arbiter_plugin_create";

/// dlopen() of a truncated ELF file raises SIGBUS. The section table is at the end of the file, so reading it finds
/// those files first.
void check_file_format(const std::filesystem::path& file) {
  if (!std::ifstream(file)) throw PluginError("cannot be read: " + std::generic_category().message(errno));
  try {
    boost::dll::library_info info(file);
    if (info.sections().empty()) throw PluginError("is no complete shared object");
  } catch (const std::exception&) {
    throw PluginError("is no complete shared object for this processor");
  }
}

/// The first difference between a plugin's stamp and the runner's as a sentence; empty if they are equal.
std::string difference(const BuildStamp& plugin, const BuildStamp& runner) {
  const auto differs = [](const char* what, std::uint32_t theirs, std::uint32_t ours) {
    return theirs == ours ? std::string() : fmt::format("its {} is {}, this Arbiter's is {}", what, theirs, ours);
  };
  for (auto text : {differs("compiler's ABI (__GXX_ABI_VERSION)", plugin.compiler_abi, runner.compiler_abi),
                    differs("_GLIBCXX_USE_CXX11_ABI", plugin.new_string_abi, runner.new_string_abi),
                    differs("size of Parameters", plugin.parameters, runner.parameters),
                    differs("size of Problem", plugin.problem, runner.problem),
                    differs("size of Measurement", plugin.measurement, runner.measurement),
                    differs("size of TensorSpec", plugin.tensor_spec, runner.tensor_spec),
                    differs("size of Support", plugin.support, runner.support)}) {
    if (!text.empty()) return text;
  }
  return {};
}

void check_descriptor(const PluginDescriptor& descriptor) {
  if (descriptor.abi_version != plugin_abi_version) {
    throw PluginError(fmt::format("was built for plugin ABI {}, this Arbiter has ABI {}: rebuild it",
                                  descriptor.abi_version, plugin_abi_version));
  }
  if (const auto text = difference(descriptor.build, BuildStamp{}); !text.empty()) {
    throw PluginError(fmt::format(
        "was built differently from this Arbiter: {}; rebuild it with this Arbiter's headers and compiler", text));
  }
  if (descriptor.kind > PluginKind::sink) {
    throw PluginError(fmt::format("has the unknown kind {}", static_cast<std::uint32_t>(descriptor.kind)));
  }
  if (descriptor.name == nullptr || *descriptor.name == '\0') throw PluginError("has no name in its descriptor");
  if (descriptor.kind == PluginKind::strategy && (descriptor.backend == nullptr || *descriptor.backend == '\0')) {
    throw PluginError(fmt::format("the strategy {} names no backend in its descriptor", descriptor.name));
  }
}

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
