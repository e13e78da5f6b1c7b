// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_host.hpp"

#include <algorithm>

#include "plugin/plugin_library.hpp"
#include "plugin/search_path.hpp"
#include "plugin/trial.hpp"

namespace arbiter {

namespace fs = std::filesystem;

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

bool is_world_writable(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  return !error && (status.permissions() & fs::perms::others_write) != fs::perms::none;
}

fs::path canonical_path(const fs::path& file) {
  std::error_code error;
  auto canonical = fs::weakly_canonical(file, error);
  return error ? file : canonical;
}

/// Loads files that did not come with Arbiter in a child process, and notes those that break it.
void try_loading(std::vector<fs::path> files) {
  std::ranges::transform(files, files.begin(), canonical_path);
  std::erase_if(files, is_built_in);
  std::vector<std::shared_ptr<PluginLibrary>> loaded;  // in the child; it unloads none
  const auto broken = run_apart(files.size(), [&](std::size_t i) { loaded.push_back(PluginLibrary::load(files[i])); });
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!broken[i].empty()) note_refused(files[i], "loading it " + broken[i]);
  }
}

bool is_usable(const PluginEntry& entry, PluginKind kind, std::string_view backend) {
  const bool on_backend = kind != PluginKind::strategy || backend.empty() || entry.backend == backend;
  return entry.refused.empty() && entry.kind == kind && on_backend;
}

}  // namespace

const PluginEntry* find_plugin(std::span<const PluginEntry> entries, PluginKind kind, std::string_view name,
                               std::string_view backend) {
  const auto found = std::ranges::find_if(
      entries, [&](const PluginEntry& entry) { return is_usable(entry, kind, backend) && entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

std::vector<std::string> plugin_names(std::span<const PluginEntry> entries, PluginKind kind, std::string_view backend) {
  std::vector<std::string> names;
  for (const PluginEntry& entry : entries) {
    const bool known = std::ranges::find(names, entry.name) != names.end();
    if (is_usable(entry, kind, backend) && !known) names.push_back(entry.name);
  }
  return names;
}

PluginHost::PluginHost(Loading loading) : tries_(loading == Loading::after_trial && may_try_plugins()) {}
PluginHost::~PluginHost() = default;

void PluginHost::load_dir(const fs::path& dir) {
  if (is_world_writable(dir)) {
    throw PluginError(
        fmt::format("{}: this plugin folder is world-writable; run chmod o-w {}", dir.string(), dir.string()));
  }
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".so") files.push_back(at->path());
  }
  if (error) throw PluginError(fmt::format("{}: cannot read this plugin folder: {}", dir.string(), error.message()));
  std::ranges::sort(files);
  if (tries_) try_loading(files);
  for (const auto& file : files) load_tried(canonical_path(file));
}

void PluginHost::load_file(const fs::path& file) {
  const auto canonical = canonical_path(file);
  if (tries_) try_loading({canonical});
  load_tried(canonical);
}

void PluginHost::load_tried(const fs::path& file) {
  if (std::ranges::find(entries_, file, &PluginEntry::file) != entries_.end()) return;

  PluginEntry entry;
  entry.file = file;
  std::shared_ptr<PluginLibrary> library;
  try {
    if (const auto reason = refused_by_trial(file); !reason.empty()) throw PluginError(reason);
    library = PluginLibrary::load(file);
    describe(entry, library->descriptor());
    if (const auto* first = find(entry.kind, entry.name, entry.backend)) {
      throw PluginError(
          fmt::format("the {} {} is already provided by {}", name_of(entry.kind), entry.name, first->file.string()));
    }
    // Throws for a default that does not parse: no object could be made.
    static_cast<void>(Parameters(entry.parameters));
  } catch (const Error& refusal) {
    entry.refused = refusal.what();
    entry.parameters.clear();  // they point into the library, which is unloaded here
    library.reset();
  }
  libraries_.push_back(std::move(library));
  entries_.push_back(std::move(entry));
}

std::vector<fs::path> PluginHost::refuse_broken_factories(const std::vector<Creation>& creations) {
  std::vector<fs::path> refused;
  if (!tries_) return refused;
  const auto entry_of = [this](const Creation& creation) {
    return std::ranges::find(entries_, creation.first, &PluginEntry::file);
  };
  const auto broken = run_apart(creations.size(), [&](std::size_t i) {
    static_cast<void>(create(*entry_of(creations[i]), creations[i].second));
  });
  for (std::size_t i = 0; i < creations.size(); ++i) {
    if (broken[i].empty() || !entry_of(creations[i])->refused.empty()) continue;
    // It stays loaded: what was made of its parameters may point into it.
    entry_of(creations[i])->refused = "its factory " + broken[i];
    note_refused(creations[i].first, "its factory " + broken[i]);
    refused.push_back(creations[i].first);
  }
  return refused;
}

std::shared_ptr<Plugin> PluginHost::create(const PluginEntry& entry, const Parameters& parameters) const {
  const auto found = std::ranges::find(entries_, entry.file, &PluginEntry::file);
  const auto library =
      found == entries_.end() ? nullptr : libraries_[static_cast<std::size_t>(found - entries_.begin())];
  try {
    if (!entry.refused.empty()) throw PluginError(entry.refused);
    if (library != nullptr) return library->create(parameters);
    throw PluginError("is not loaded");
  } catch (const PluginError& error) {
    throw PluginError(fmt::format("{}: {}", entry.file.string(), error.what()));
  }
}

}  // namespace arbiter
