#include <algorithm>

#include <fmt/format.h>

#include "config/choices.hpp"

namespace arbiter {

namespace {

constexpr const char* forms = "a list of names, a map of names and their parameters, or all";

/// Gathers names; a second one of the same name is a mistake.
class ItemList {
 public:
  ItemList(const std::string& path, Diagnostics& diagnostics) : path_(path), diagnostics_(diagnostics) {}

  void add(ChoiceItem item) {
    const auto same = [&](const ChoiceItem& other) { return other.name == item.name; };
    if (std::any_of(items_.begin(), items_.end(), same)) {
      diagnostics_.add(item.mark, path_, fmt::format("{} is given twice", printable(item.name)));
    } else {
      items_.push_back(std::move(item));
    }
  }
  void add_all(const std::vector<std::string>& names, const YamlMark& mark) {
    for (const std::string& name : names) items_.push_back({name, mark, nullptr, false});
    has_base_ = true;
  }
  /// A map's entry: a new name, or the parameters of one that is there by default.
  void add_or_set(ChoiceItem item) {
    const auto same = [&](const ChoiceItem& other) { return other.name == item.name && other.parameters == nullptr; };
    const auto found = has_base_ ? std::find_if(items_.begin(), items_.end(), same) : items_.end();
    if (found == items_.end()) {
      add(std::move(item));
    } else {
      *found = std::move(item);
    }
  }
  void add_listed(const YamlNode& item) {
    if (item.is_scalar()) {
      add({item.scalar, item.mark, nullptr, true});
    } else if (item.is_map() && item.entries.size() == 1) {
      add({item.entries[0].key, item.entries[0].mark, &item.entries[0].value, true});
    } else if (item.is_map() && item.entries.size() > 1) {
      const std::string& key = item.entries[1].key;
      diagnostics_.add(
          item.entries[1].mark, path_,
          fmt::format("found {} beside {}; allowed: one name per entry, with its parameters indented below it",
                      printable(key), printable(item.entries[0].key)));
    } else {
      diagnostics_.add(item.mark, path_,
                       fmt::format("found {}; allowed: a name, or one name and its parameters", describe(item)));
    }
  }

  [[nodiscard]] std::vector<ChoiceItem> take() { return std::move(items_); }

 private:
  const std::string& path_;
  Diagnostics& diagnostics_;
  std::vector<ChoiceItem> items_;
  bool has_base_ = false;
};

}  // namespace

std::vector<ChoiceItem> list_items(const YamlNode* section, const YamlMark& absent_mark, const std::string& path,
                                   const ChoiceRules& rules, Diagnostics& diagnostics) {
  ItemList list(path, diagnostics);
  if (section == nullptr) {
    list.add_all(rules.defaults, absent_mark);
    return list.take();
  }
  const bool empty =
      section->is_null() || (!section->is_scalar() && section->items.empty() && section->entries.empty());
  if (section->is_null() || (empty && !rules.may_be_empty)) {
    diagnostics.add(section->mark, path,
                    fmt::format("found {}; allowed: {}; leave the key out for the default", describe(*section), forms));
  } else if (section->is_scalar() && section->scalar == "all") {
    list.add_all(rules.all, section->mark);
  } else if (section->is_scalar()) {
    list.add_listed(*section);
  }
  if (section->base == YamlNode::Base::all) list.add_all(rules.all, section->mark);
  if (section->base == YamlNode::Base::defaults) list.add_all(rules.defaults, section->mark);
  for (const YamlNode& item : section->items) list.add_listed(item);
  for (const YamlEntry& entry : section->entries) list.add_or_set({entry.key, entry.mark, &entry.value, true});
  return list.take();
}

}  // namespace arbiter
