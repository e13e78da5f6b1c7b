#include "plugin/plugin_host.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "plugin/plugin_library.hpp"

namespace arbiter {

namespace fs = std::filesystem;

struct PluginHost::Libraries {
  std::vector<PluginEntry> entries;
  std::vector<std::shared_ptr<PluginLibrary>> libraries;  // beside entries; null where one was refused
};

namespace {

std::string text_or_empty(const char* text) { return text == nullptr ? std::string{} : std::string{text}; }

void describe(PluginEntry& entry, const PluginDescriptor& descriptor) {
  entry.kind = descriptor.kind;
  entry.name = descriptor.name;
  entry.version = text_or_empty(descriptor.version);
  entry.summary = text_or_empty(descriptor.summary);
  entry.backend = descriptor.kind == PluginKind::strategy ? descriptor.backend : "";
  entry.table_id = descriptor.table_id;
  entry.parameters.assign(descriptor.parameters, descriptor.parameters + descriptor.parameter_count);
}

bool anybody_may_write(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  return !error && (status.permissions() & fs::perms::others_write) != fs::perms::none;
}

/// A plugin whose own defaults do not parse could never be made.
void check_parameters(const PluginEntry& entry) { static_cast<void>(Parameters(entry.parameters)); }

}  // namespace

PluginHost::PluginHost() : libraries_(std::make_unique<Libraries>()) {}
PluginHost::~PluginHost() = default;

void PluginHost::load_dir(const fs::path& dir) {
  std::error_code error;
  if (anybody_may_write(dir)) {
    throw PluginError(
        fmt::format("{}: anybody may write to this plugin folder; run chmod o-w {}", dir.string(), dir.string()));
  }
  std::vector<fs::path> files;
  for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".so") files.push_back(at->path());
  }
  if (error) throw PluginError(fmt::format("{}: cannot read this plugin folder: {}", dir.string(), error.message()));
  std::sort(files.begin(), files.end());
  for (const auto& file : files) load_file(file);
}

void PluginHost::load_file(const fs::path& file) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(file, error);
  if (error) canonical = file;
  auto& entries = libraries_->entries;
  if (std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return entry.file == canonical; })) return;

  PluginEntry entry;
  entry.file = canonical;
  std::shared_ptr<PluginLibrary> library;
  try {
    library = PluginLibrary::load(canonical);
    describe(entry, library->descriptor());
    if (const auto* first = find(entry.kind, entry.name, entry.backend)) {
      throw PluginError(
          fmt::format("the {} {} is already provided by {}", name_of(entry.kind), entry.name, first->file.string()));
    }
    check_parameters(entry);
  } catch (const Error& refusal) {
    entry.refused = refusal.what();
    library.reset();
    entry.parameters.clear();  // they point into the library that is unloaded now
  }
  libraries_->libraries.push_back(std::move(library));
  entries.push_back(std::move(entry));
}

const std::vector<PluginEntry>& PluginHost::entries() const { return libraries_->entries; }

const PluginEntry* PluginHost::find(PluginKind kind, std::string_view name, std::string_view backend) const {
  for (const auto& entry : libraries_->entries) {
    const bool same_backend = kind != PluginKind::strategy || entry.backend == backend;
    if (entry.refused.empty() && entry.kind == kind && entry.name == name && same_backend) return &entry;
  }
  return nullptr;
}

std::vector<std::string> PluginHost::names(PluginKind kind, std::string_view backend) const {
  std::vector<std::string> names;
  for (const auto& entry : libraries_->entries) {
    const bool same_backend = kind != PluginKind::strategy || backend.empty() || entry.backend == backend;
    if (entry.refused.empty() && entry.kind == kind && same_backend) names.push_back(entry.name);
  }
  return names;
}

std::shared_ptr<Plugin> PluginHost::create(const PluginEntry& entry, const Parameters& parameters) const {
  for (std::size_t i = 0; i < libraries_->entries.size(); ++i) {
    if (libraries_->entries[i].file != entry.file || libraries_->libraries[i] == nullptr) continue;
    try {
      return libraries_->libraries[i]->create(parameters);
    } catch (const PluginError& error) {
      throw PluginError(fmt::format("{}: {}", entry.file.string(), error.what()));
    }
  }
  throw PluginError(
      fmt::format("{}: {}", entry.file.string(), entry.refused.empty() ? "is not loaded" : entry.refused));
}

}  // namespace arbiter
