#include "config/yaml_builder.hpp"

#include <numeric>

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>

#include "config/yaml_quotes.hpp"

namespace arbiter {

namespace {

/// Nested aliases grow without bound.
constexpr std::size_t most_nodes = 1'000'000;

std::size_t count(const YamlNode& node) {
  std::size_t nodes = 1;
  for (const YamlNode& item : node.items) nodes += count(item);
  for (const YamlEntry& entry : node.entries) nodes += count(entry.value);
  return nodes;
}

}  // namespace

YamlMark YamlBuilder::at(const YAML::Mark& mark) const {
  if (mark.is_null()) return {0, 0, override_index_};
  return {mark.line + 1, mark.column + 1, override_index_};
}

std::string YamlBuilder::path() const {
  std::string path;
  for (const Frame& frame : open_) {
    if (!frame.has_key) continue;
    if (!path.empty()) path += '.';
    path += frame.entry.key;
  }
  return path;
}

YamlNode YamlBuilder::make(YamlNode::Type type, const YAML::Mark& mark, const std::string& tag) {
  YamlNode node;
  node.type = type;
  node.mark = at(mark);
  node.quoted = tag == "!";
  if (!tag.empty() && tag != "!" && tag != "?") {
    diagnostics_.add(node.mark, path(), fmt::format("found the YAML tag {}; tags are not used here", printable(tag)));
  }
  return node;
}

void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  YamlNode node = make(YamlNode::Type::null, mark, {});
  // A value that is not there is said to be where the next one is.
  const bool has_key = !open_.empty() && open_.back().has_key;
  if (has_key && open_.back().entry.mark.line != node.mark.line) node.mark = open_.back().entry.mark;
  add(std::move(node), anchor);
}

void YamlBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  YamlNode node = make(YamlNode::Type::scalar, mark, tag);
  node.scalar = value;
  if (node.quoted && !is_closed(text_, mark))
    throw YAML::ParserException(mark, "the quote that starts here has no end");
  add(std::move(node), anchor);
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) throw YAML::ParserException(mark, "an alias inside the very value it stands for");
  nodes_ += found->second.nodes;
  if (nodes_ > most_nodes) throw YAML::ParserException(mark, "the aliases expand to more than a million values");
  add(found->second.node, 0);
}

void YamlBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value) {
  open(make(YamlNode::Type::list, mark, tag), anchor);
}

void YamlBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value) {
  open(make(YamlNode::Type::map, mark, tag), anchor);
}

void YamlBuilder::open(YamlNode node, YAML::anchor_t anchor) {
  Frame frame;
  frame.node = std::move(node);
  frame.node.quoted = false;
  frame.anchor = anchor;
  open_.push_back(std::move(frame));
}

void YamlBuilder::close() {
  Frame frame = std::move(open_.back());
  open_.pop_back();
  add(std::move(frame.node), frame.anchor);
}

void YamlBuilder::add(YamlNode node, YAML::anchor_t anchor) {
  if (anchor != 0) anchors_[anchor] = {node, count(node)};
  ++nodes_;
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& frame = open_.back();
  if (frame.node.is_list()) {
    frame.node.items.push_back(std::move(node));
  } else if (!frame.has_key) {
    add_key(frame, node);
  } else {
    frame.has_key = false;
    frame.entry.value = std::move(node);
    if (!frame.drops) frame.node.entries.push_back(std::move(frame.entry));
    frame.entry = {};
  }
}

void YamlBuilder::add_key(Frame& frame, const YamlNode& node) {
  const std::string parent = path();
  frame.has_key = true;
  frame.drops = true;
  frame.entry.mark = node.mark;
  frame.entry.key = node.is_scalar() ? node.scalar : "?";
  if (!node.is_scalar()) {
    diagnostics_.add(node.mark, parent, fmt::format("found {} as a key; allowed: a name", describe(node)));
  } else if (!frame.keys.insert(node.scalar).second) {
    const YamlEntry* first = frame.node.find(node.scalar);
    diagnostics_.add(node.mark, path(), fmt::format("given twice; the first is in line {}", first->mark.line));
  } else {
    frame.drops = false;
  }
}

}  // namespace arbiter
