// SPDX-License-Identifier: Apache-2.0
#include "config/choices.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "config/keys.hpp"
#include "config/values.hpp"

namespace arbiter {

namespace {

constexpr const char* forms = "a list of names, a map of names and their parameters, or all";
/// Smaller table ids are those of published look-up tables.
constexpr int first_free_id = 100;

/// A name that a section gives.
struct ChoiceItem {
  std::string name;
  YamlMark mark;
  const YamlNode* parameters = nullptr;  ///< null if none are given
  bool by_name = true;                   ///< false where `all` or a default stands for it
};

/// The names that a section gives, whatever its form. A repeated name is reported.
class ItemList {
 public:
  ItemList(const std::string& path, Diagnostics& diagnostics) : path_(path), diagnostics_(diagnostics) {}

  [[nodiscard]] std::vector<ChoiceItem> take() { return std::move(items_); }

  void add_missing(const YamlMark& mark, const ChoiceRules& rules) { add_base(rules.defaults, mark); }

  void add_section(const YamlNode& section, const ChoiceRules& rules) {
    const bool empty = !section.is_scalar() && section.items.empty() && section.entries.empty();
    if (section.is_null() || (empty && !rules.may_be_empty)) {
      diagnostics_.add(
          section.mark, path_,
          fmt::format("found {}; allowed: {}; leave the key out for the default", describe(section), forms));
    } else if (section.is_scalar() && section.scalar == "all") {
      add_base(rules.all, section.mark);
    } else if (section.is_scalar()) {
      add_listed(section);
    }
    if (section.base == YamlNode::Base::all) add_base(rules.all, section.mark);
    if (section.base == YamlNode::Base::defaults) add_base(rules.defaults, section.mark);
    for (const YamlNode& item : section.items) add_listed(item);
    for (const YamlEntry& entry : section.entries) add_entry({entry.key, entry.mark, &entry.value, true});
  }

 private:
  void add(ChoiceItem item) {
    if (std::ranges::find(items_, item.name, &ChoiceItem::name) == items_.end()) {
      items_.push_back(std::move(item));
    } else {
      diagnostics_.add(item.mark, path_, fmt::format("{} is given twice", printable(item.name)));
    }
  }

  void add_base(const std::vector<std::string>& names, const YamlMark& mark) {
    for (const std::string& name : names) items_.push_back({name, mark, nullptr, false});
    has_base_ = true;
  }

  /// An entry of a map: a new name, or the parameters of a name in the base that an override adds to.
  void add_entry(ChoiceItem item) {
    const auto same = [&](const ChoiceItem& other) { return other.name == item.name && other.parameters == nullptr; };
    const auto found = has_base_ ? std::ranges::find_if(items_, same) : items_.end();
    if (found == items_.end()) {
      add(std::move(item));
    } else {
      *found = std::move(item);
    }
  }

  void add_listed(const YamlNode& item) {
    if (item.is_scalar()) {
      add({item.scalar, item.mark, nullptr, true});
    } else if (item.entries.size() == 1) {
      add({item.entries[0].key, item.entries[0].mark, &item.entries[0].value, true});
    } else if (item.entries.size() > 1) {
      diagnostics_.add(
          item.entries[1].mark, path_,
          fmt::format("found {} beside {}; allowed: one name per entry, with its parameters indented below it",
                      printable(item.entries[1].key), printable(item.entries[0].key)));
    } else {
      diagnostics_.add(item.mark, path_,
                       fmt::format("found {}; allowed: a name, or one name and its parameters", describe(item)));
    }
  }

  const std::string& path_;
  Diagnostics& diagnostics_;
  std::vector<ChoiceItem> items_;
  bool has_base_ = false;
};

/// Whether a name can be part of a file name and of a CSV.
bool is_plain_name(std::string_view name) {
  const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; };
  return !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) != 0 && std::ranges::all_of(name, fits);
}

/// Checks one name and its parameters.
class ChoiceReader {
 public:
  ChoiceReader(const std::string& path, const ChoiceRules& rules, const Catalogue& catalogue, Diagnostics& diagnostics)
      : path_(path), rules_(rules), catalogue_(catalogue), diagnostics_(diagnostics), kind_(name_of(rules.kind)) {}

  [[nodiscard]] std::optional<PluginChoice> read(const ChoiceItem& item) const {
    static const YamlNode none;
    const ConfigCursor given{item.parameters == nullptr ? none : *item.parameters, path_ + "." + item.name,
                             diagnostics_};
    PluginChoice choice{
        .name = item.name, .plugin = item.name, .by_name = item.by_name, .parameters = {}, .interpreter = {}};
    YamlMark plugin_mark = item.mark;
    const std::optional<ConfigCursor> named = given.find(kind_);
    if (named) {
      const std::optional<std::string> plugin = read_text(*named, "");
      if (!plugin || !may_name(item, *plugin)) return std::nullopt;
      choice.plugin = *plugin;
      plugin_mark = named->node.mark;
    }
    if (rules_.kind == PluginKind::strategy && (choice.name == "AUTO" || choice.plugin == "AUTO")) {
      report(plugin_mark, "AUTO is measured after the others; write enable_auto: true instead");
      return std::nullopt;
    }
    const PluginEntry* entry = find(choice.plugin);
    if (entry != nullptr) {
      choice.table_id = entry->table_id;
      // The plugin of that name on another backend may have other parameters.
      const bool elsewhere = !rules_.backend.empty() && entry->backend != rules_.backend;
      if (!elsewhere && !set_parameters(given, item, *entry, choice)) return std::nullopt;
    } else if (!rules_.may_be_missing) {
      const bool may_be_alias = !given.node.entries.empty() && !named;
      report(plugin_mark, catalogue_.unknown(rules_.kind, choice.plugin, rules_.backend, may_be_alias));
      return std::nullopt;
    }
    if (rules_.kind == PluginKind::strategy) read_table_id(given, choice);
    return choice;
  }

 private:
  void report(const YamlMark& mark, std::string_view text) const { diagnostics_.add(mark, path_, text); }

  /// Whether the name of `item` may stand for a plugin of another name.
  [[nodiscard]] bool may_name(const ChoiceItem& item, const std::string& plugin) const {
    if (item.name == plugin) return true;
    if (!is_plain_name(item.name)) {
      report(item.mark,
             fmt::format("found the name {}; allowed: a letter, then letters, digits, _ and -", printable(item.name)));
      return false;
    }
    if (catalogue_.find(rules_.kind, item.name, rules_.backend) == nullptr) return true;
    report(item.mark, fmt::format("{} is the name of another {}; allowed: a new name for {}", item.name, kind_,
                                  printable(plugin)));
    return false;
  }

  /// Where names may be missing, the run starts from CSVs, whose backend need not be this machine's.
  [[nodiscard]] const PluginEntry* find(const std::string& name) const {
    const PluginEntry* entry = catalogue_.find(rules_.kind, name, rules_.backend);
    return entry == nullptr && rules_.may_be_missing ? catalogue_.find(rules_.kind, name) : entry;
  }

  [[nodiscard]] bool set_parameters(const ConfigCursor& given, const ChoiceItem& item, const PluginEntry& entry,
                                    PluginChoice& choice) const {
    try {
      choice.parameters = Parameters(entry.parameters);
    } catch (const PluginError& error) {
      diagnostics_.add(item.mark, given.path, fmt::format("{}: {}", entry.file.string(), error.what()));
      return false;
    }
    read_parameters(given, entry.parameters, choice.parameters, config_key_names(path_ + ".NAME"));
    if (rules_.kind == PluginKind::strategy) find_interpreter(given, choice);
    return true;
  }

  /// One that the text names must be there. One that is the plugin's default may be missing: its strategy is skipped.
  void find_interpreter(const ConfigCursor& given, PluginChoice& choice) const {
    std::string name = choice.interpreter_name();
    if (name.empty()) return;
    const std::optional<ConfigCursor> cursor = given.find(interpreter_parameter);
    const bool is_path = name.find('/') != std::string::npos;
    if (cursor && is_path && cursor->node.mark.override_index < 0) name = (rules_.folder / name).string();
    choice.interpreter = catalogue_.interpreter(name);
    if (!cursor || choice.interpreter.unusable.empty()) return;
    cursor->report(fmt::format("found {}; allowed: CPython 3.9 or newer, as it is called in PATH or by its path",
                               choice.interpreter.unusable));
  }

  static void read_table_id(const ConfigCursor& given, PluginChoice& choice) {
    const std::optional<ConfigCursor> cursor = given.find("table_id");
    if (!cursor) return;
    const bool published = choice.table_id >= 0 && choice.table_id < first_free_id;
    const std::string current = published ? fmt::format("{}|", choice.table_id) : "";
    const std::string allowed =
        choice.table_id < 0 ? "0..65535" : current + config_key("strategies.NAME", "table_id").allowed;
    if (const auto id = read_integer(*cursor, allowed)) choice.table_id = static_cast<int>(*id);
  }

  const std::string& path_;
  const ChoiceRules& rules_;
  const Catalogue& catalogue_;
  Diagnostics& diagnostics_;
  std::string kind_;
};

}  // namespace

std::vector<PluginChoice> read_choices(const ConfigCursor& root, const std::string& path, const ChoiceRules& rules,
                                       const Catalogue& catalogue) {
  ItemList items(path, root.diagnostics);
  if (const auto section = root.find(path)) {
    items.add_section(section->node, rules);
  } else {
    items.add_missing(root.node.mark, rules);
  }
  const ChoiceReader reader(path, rules, catalogue, root.diagnostics);
  std::vector<PluginChoice> choices;
  for (const ChoiceItem& item : items.take()) {
    std::optional<PluginChoice> choice = reader.read(item);
    if (!choice) continue;
    const auto other = std::ranges::find(choices, choice->table_id, &PluginChoice::table_id);
    if (choice->table_id >= 0 && other != choices.end()) {
      root.diagnostics.add(item.mark, path,
                           fmt::format("{} and {} have the same table_id, {}; give one of them another, as in {}: "
                                       "{{strategy: {}, table_id: 120}}",
                                       other->name, choice->name, choice->table_id, choice->name, choice->plugin));
    }
    choices.push_back(std::move(*choice));
  }
  return choices;
}

}  // namespace arbiter
