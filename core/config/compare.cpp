#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "config/validate.hpp"

namespace arbiter {

namespace {

constexpr const char* allowed_entry =
    "a file, or a map with file and name, as in {name: trtllm, file: tables/generated_lookup_table.cpp}";
const std::vector<std::string> entry_keys = {"file", "name"};

/// The text under a key of an entry; empty if there is none or it is wrong.
std::string text_under(const ConfigCursor& place, const char* key) {
  const YamlEntry* entry = place.node.find(key);
  if (entry == nullptr) return {};
  const ConfigCursor text = place.at(*entry);
  const auto read = read_text(text.node, "", text.reporter());
  if (read && read->empty()) text.report("found an empty text; allowed: a text");
  return read.value_or("");
}

/// "decision.json#lp" is one of the decisions in a file.
std::pair<std::string, std::string> split_off_part(const std::string& file) {
  const std::size_t hash = file.rfind('#');
  if (hash == std::string::npos || file.find('/', hash) != std::string::npos) return {file, ""};
  return {file.substr(0, hash), file.substr(hash)};
}

void read_entry(const ConfigCursor& place, const std::string& source, Config& config) {
  ComparedFile compared;
  std::string file;
  const YamlNode* written = &place.node;
  if (place.node.is_scalar()) {
    file = place.node.scalar;
  } else {
    if (!expect_map(place, allowed_entry)) return;
    expect_keys(place, entry_keys);
    file = text_under(place, "file");
    compared.name = text_under(place, "name");
    if (const YamlEntry* entry = place.node.find("file")) written = &entry->value;
    if (written == &place.node) place.report(fmt::format("file is missing; allowed: {}", allowed_entry));
  }
  if (file.empty()) return;
  compared.file = base_of(source, written->mark) / file;
  const auto [on_disk, part] = split_off_part(compared.file.string());
  if (compared.name.empty()) compared.name = std::filesystem::path(on_disk).stem().string() + part;
  if (std::error_code error; !std::filesystem::is_regular_file(on_disk, error)) {
    place.report(fmt::format("found {}; allowed: a file that exists", printable(compared.file.string())));
  }
  const auto named = [&](const auto& other) { return other.name == compared.name; };
  if (std::ranges::any_of(config.heuristics, named)) {
    place.report(fmt::format("{} is a heuristic of this run; allowed: another name:", printable(compared.name)));
  } else if (std::ranges::any_of(config.compare, named)) {
    place.report(fmt::format("{} is given twice; allowed: a name: of its own", printable(compared.name)));
  }
  config.compare.push_back(std::move(compared));
}

}  // namespace

void read_compare(const ConfigCursor& root, const std::string& source, Config& config) {
  const YamlEntry* entry = root.node.find("compare");
  if (entry == nullptr) return;
  const ConfigCursor place = root.at(*entry);
  if (!place.node.is_list()) {
    read_entry(place, source, config);
    return;
  }
  for (std::size_t i = 0; i < place.node.items.size(); ++i) {
    read_entry({place.node.items[i], fmt::format("{}.{}", place.path, i), place.diagnostics}, source, config);
  }
}

}  // namespace arbiter
