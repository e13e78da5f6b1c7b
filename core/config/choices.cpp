#include "config/choices.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

constexpr std::string_view automatic = "AUTO";
/// Smaller numbers in look-up tables are published ones.
constexpr int first_free_id = 100;

bool is_file_name(std::string_view name) {
  const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; };
  return !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) != 0 &&
         std::all_of(name.begin(), name.end(), fits);
}

class ChoiceReader {
 public:
  ChoiceReader(const std::string& path, const ChoiceRules& rules, const Catalogue& catalogue, Diagnostics& diagnostics)
      : path_(path), rules_(rules), catalogue_(catalogue), diagnostics_(diagnostics), kind_(name_of(rules.kind)) {}

  [[nodiscard]] std::optional<PluginChoice> read(const ChoiceItem& item) const {
    static const YamlNode none;
    const YamlNode& given = item.parameters == nullptr ? none : *item.parameters;
    const ConfigCursor place{given, path_ + "." + item.name, diagnostics_};
    PluginChoice choice;
    choice.name = item.name;
    choice.plugin = item.name;
    choice.by_name = item.by_name;
    YamlMark plugin_mark = item.mark;
    if (const YamlEntry* named = given.find(kind_)) {
      const std::optional<std::string> plugin = read_text(named->value, "", place.at(*named).reporter());
      if (!plugin || !alias_is_good(item, *plugin)) return std::nullopt;
      choice.plugin = *plugin;
      plugin_mark = named->value.mark;
    }
    if (is_auto(choice, plugin_mark)) return std::nullopt;
    const PluginEntry* entry = find(choice.plugin);
    if (entry == nullptr) {
      if (!rules_.may_be_missing) {
        complain_unknown(choice, given, plugin_mark);
        return std::nullopt;
      }
      read_table_id(place, choice);
      return choice;
    }
    choice.table_id = entry->table_id;
    if (!set_parameters(place, item, *entry, choice)) return std::nullopt;
    return choice;
  }

 private:
  [[nodiscard]] bool alias_is_good(const ChoiceItem& item, const std::string& plugin) const {
    if (item.name == plugin) return true;
    if (!is_file_name(item.name)) {
      diagnostics_.add(
          item.mark, path_,
          fmt::format("found the name {}; allowed: a letter, then letters, digits, _ and -", printable(item.name)));
      return false;
    }
    if (catalogue_.find(rules_.kind, item.name, rules_.backend) == nullptr) return true;
    diagnostics_.add(
        item.mark, path_,
        fmt::format("{} is a {} of its own; allowed: another name for {}", item.name, kind_, printable(plugin)));
    return false;
  }

  [[nodiscard]] bool is_auto(const PluginChoice& choice, const YamlMark& mark) const {
    const bool found = rules_.kind == PluginKind::strategy && (choice.name == automatic || choice.plugin == automatic);
    if (found) diagnostics_.add(mark, path_, "AUTO is measured after the others; write enable_auto: true instead");
    return found;
  }

  /// Without a fresh measurement the machine's backend says nothing about the data's.
  [[nodiscard]] const PluginEntry* find(const std::string& name) const {
    const PluginEntry* entry = catalogue_.find(rules_.kind, name, rules_.backend);
    return entry == nullptr && rules_.may_be_missing ? catalogue_.find(rules_.kind, name) : entry;
  }

  void complain_unknown(const PluginChoice& choice, const YamlNode& given, const YamlMark& mark) const {
    const bool may_be_alias = !given.entries.empty() && given.find(kind_) == nullptr;
    diagnostics_.add(mark, path_, unknown_choice(choice.plugin, rules_, catalogue_, may_be_alias));
  }

  [[nodiscard]] bool set_parameters(const ConfigCursor& place, const ChoiceItem& item, const PluginEntry& entry,
                                    PluginChoice& choice) const {
    try {
      choice.parameters = Parameters(entry.parameters);
    } catch (const PluginError& error) {
      diagnostics_.add(item.mark, place.path, fmt::format("{}: {}", entry.file.string(), error.what()));
      return false;
    }
    std::vector<std::string> besides = {kind_};
    if (rules_.kind == PluginKind::strategy) besides.emplace_back("table_id");
    read_parameters(place, entry.parameters, choice.parameters, besides);
    read_table_id(place, choice);
    return true;
  }

  void read_table_id(const ConfigCursor& place, PluginChoice& choice) const {
    const YamlEntry* entry = rules_.kind == PluginKind::strategy ? place.node.find("table_id") : nullptr;
    if (entry == nullptr) return;
    const bool published = choice.table_id >= 0 && choice.table_id < first_free_id;
    const std::string own = published ? fmt::format("{}|", choice.table_id) : "";
    const std::string allowed = choice.table_id < 0 ? "0..65535" : own + "100..65535";
    const std::optional<std::int64_t> id = read_integer(entry->value, allowed, place.at(*entry).reporter());
    if (id) choice.table_id = static_cast<int>(*id);
  }

  const std::string& path_;
  const ChoiceRules& rules_;
  const Catalogue& catalogue_;
  Diagnostics& diagnostics_;
  std::string kind_;
};

}  // namespace

std::vector<PluginChoice> read_choices(const YamlNode* section, const YamlMark& absent_mark, const std::string& path,
                                       const ChoiceRules& rules, const Catalogue& catalogue, Diagnostics& diagnostics) {
  const ChoiceReader reader(path, rules, catalogue, diagnostics);
  std::vector<PluginChoice> choices;
  for (const ChoiceItem& item : list_items(section, absent_mark, path, rules, diagnostics)) {
    std::optional<PluginChoice> choice = reader.read(item);
    if (!choice) continue;
    const auto same_id = [&](const PluginChoice& other) {
      return choice->table_id >= 0 && other.table_id == choice->table_id;
    };
    const auto other = std::find_if(choices.begin(), choices.end(), same_id);
    if (other != choices.end()) {
      diagnostics.add(item.mark, path,
                      fmt::format("{} and {} have the same table_id, {}; give one of them its own, as in {}: "
                                  "{{strategy: {}, table_id: 120}}",
                                  other->name, choice->name, choice->table_id, choice->name, choice->plugin));
    }
    choices.push_back(std::move(*choice));
  }
  return choices;
}

}  // namespace arbiter
