#include <algorithm>

#include <fmt/format.h>

#include "config/validate.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

std::string choose(const Catalogue& catalogue, std::string& note) {
  if (const PluginEntry* cuda = catalogue.find(PluginKind::backend, "cuda")) {
    const Support support = catalogue.available(*cuda);
    if (support) return "cuda";
    note = "cuda: " + support.reason;
  } else {
    note = "cuda: no such backend plugin" + catalogue.refusal(PluginKind::backend, "cuda");
  }
  const PluginEntry* host = catalogue.find(PluginKind::backend, "host");
  return host != nullptr && catalogue.available(*host) ? "host" : "";
}

}  // namespace

std::string read_backend(const ConfigCursor& root, const Catalogue& catalogue, bool data_dir_mode, std::string& note) {
  const YamlEntry* entry = root.node.find("backend");
  const std::vector<std::string> installed = catalogue.names(PluginKind::backend);
  std::vector<std::string> names = {"auto"};
  names.insert(names.end(), installed.begin(), installed.end());
  for (const char* known : {"host", "cuda"}) {
    if (data_dir_mode && std::find(names.begin(), names.end(), known) == names.end()) names.emplace_back(known);
  }

  if (entry == nullptr || (entry->value.is_scalar() && entry->value.scalar == "auto")) {
    std::string chosen = choose(catalogue, note);
    if (chosen.empty() && data_dir_mode) chosen = "host";
    if (!chosen.empty()) return chosen;
    const std::string refused = catalogue.refusal(PluginKind::backend, "host");
    root.diagnostics.add(entry == nullptr ? root.node.mark : entry->value.mark, "backend",
                         fmt::format("neither cuda nor host can be used{}; {}", refused, note));
    return {};
  }
  const ConfigCursor place = root.at(*entry);
  const YamlNode& node = place.node;
  if (!node.is_scalar() || std::find(names.begin(), names.end(), node.scalar) == names.end()) {
    const std::string refused = node.is_scalar() ? catalogue.refusal(PluginKind::backend, node.scalar) : "";
    place.report(fmt::format("found {}{}{}", describe(node), refused, suggestion(node.scalar, names)));
    return {};
  }
  if (data_dir_mode) return node.scalar;
  const Support support = catalogue.available(*catalogue.find(PluginKind::backend, node.scalar));
  if (!support) place.report(fmt::format("{} cannot be used here: {}", node.scalar, support.reason));
  return node.scalar;
}

}  // namespace arbiter
