// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include <cerrno>
#include <fstream>
#include <map>
#include <variant>

#include <fmt/format.h>

#include "arbiter/backend.hpp"
#include "arbiter/error.hpp"
#include "config/sections.hpp"
#include "config/validate.hpp"

namespace arbiter {

namespace {

/// No sweep is longer, but a device or a data file given by mistake is.
constexpr std::streamsize longest_text = 1 << 20;

std::string read_text_file(const std::filesystem::path& file) {
  const std::string name = file.string();
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    throw ConfigError(fmt::format("{}: found a folder; allowed: a YAML file", name));
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw ConfigError(fmt::format("{}: {}", name, SystemError("read it", errno).what()));
  std::string text(static_cast<std::size_t>(longest_text) + 1, '\0');
  stream.read(text.data(), longest_text + 1);
  if (stream.bad()) throw ConfigError(fmt::format("{}: {}", name, SystemError("read it", errno).what()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (stream.gcount() > longest_text) throw ConfigError(fmt::format("{}: found more than 1 MiB; allowed: less", name));
  return text;
}

/// Whether a backend can be used on this machine.
Support try_backend(const PluginHost& plugins, const PluginEntry& entry) {
  try {
    const auto backend = plugins.create_as<Backend>(entry, Parameters(entry.parameters));
    return backend ? backend->available() : Support::no(entry.file.string() + " makes no backend");
  } catch (const Error& error) {
    return Support::no(error.what());
  }
}

}  // namespace

ConfigText::ConfigText(std::string text, std::string source, std::vector<std::string> overrides)
    : text_(std::move(text)), source_(std::move(source)), overrides_(std::move(overrides)) {
  static_cast<void>(load_document(text_, source_, overrides_));
}

ConfigText ConfigText::from_file(const std::filesystem::path& file, std::vector<std::string> overrides) {
  return {read_text_file(file), file.string(), std::move(overrides)};
}

std::vector<std::filesystem::path> ConfigText::plugin_dirs() const {
  ConfigDocument document = load_document(text_, source_, overrides_);
  return read_plugin_dirs({document.root, "", document.diagnostics}, source_);
}

std::string PluginChoice::interpreter_name() const {
  const auto found = parameters.values().find(interpreter_parameter);
  const auto* text = found == parameters.values().end() ? nullptr : std::get_if<std::string>(&found->second);
  return text == nullptr ? std::string() : *text;
}

std::vector<PluginChoice> ConfigText::strategies(const PluginHost& plugins, const std::string& backend) const {
  const Catalogue catalogue(plugins.entries(), [](const PluginEntry&) { return Support::yes(); });
  return read_strategies(load_document(text_, source_, overrides_), catalogue, backend);
}

Config ConfigText::validate(const PluginHost& plugins, bool data_dir_mode, bool finds_interpreters,
                            const std::string& assumed_backend) const {
  std::map<std::string, Interpreter> found;
  const auto find = [&](const std::string& name) {
    const auto [at, is_new] = found.try_emplace(name);
    if (is_new) at->second = find_interpreter(name);
    return at->second;
  };
  const Catalogue catalogue(
      plugins.entries(),
      [&](const PluginEntry& entry) {
        return entry.name == assumed_backend ? Support::yes() : try_backend(plugins, entry);
      },
      finds_interpreters ? Catalogue::FindInterpreter(find) : nullptr);
  Config config = arbiter::validate(load_document(text_, source_, overrides_), catalogue, data_dir_mode);
  config.text = text_;
  config.overrides = overrides_;
  return config;
}

}  // namespace arbiter
