// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_tree.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "arbiter/names.hpp"
#include "config/diagnostics.hpp"

namespace arbiter {

namespace {

/// The bound of what aliases of aliases expand to.
constexpr std::size_t most_nodes = 1'000'000;

/// Builds a YamlNode from the parser's events.
class YamlBuilder : public YAML::EventHandler {
 public:
  YamlBuilder(int override_index, Diagnostics& diagnostics)
      : override_index_(override_index), diagnostics_(diagnostics) {}

  [[nodiscard]] YamlNode take() { return std::move(root_); }
  [[nodiscard]] int documents() const { return documents_; }
  [[nodiscard]] bool has_merge_key() const { return has_merge_key_; }
  [[nodiscard]] YamlMark at(const YAML::Mark& mark) const {
    return mark.is_null() ? YamlMark{0, 0, override_index_} : YamlMark{mark.line + 1, mark.column + 1, override_index_};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) diagnostics_.add(at(mark), {}, "a second YAML document starts here; allowed: one document");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = make(YamlNode::Type::null, mark, {});
    // The parser places a missing value at the next token.
    const bool has_key = !open_.empty() && open_.back().has_key;
    if (has_key && open_.back().entry.mark.line != node.mark.line) node.mark = open_.back().entry.mark;
    add(std::move(node), anchor, nodes_);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = make(YamlNode::Type::scalar, mark, tag);
    node.quoted = tag == "!";
    node.scalar = value;
    add(std::move(node), anchor, nodes_);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw YAML::ParserException(mark, "an alias inside the value that it refers to");
    nodes_ += found->second.nodes;
    if (nodes_ > most_nodes) throw YAML::ParserException(mark, "the aliases expand to more than a million values");
    add(found->second.node, 0, nodes_);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({make(YamlNode::Type::list, mark, tag), anchor, nodes_});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back({make(YamlNode::Type::map, mark, tag), anchor, nodes_});
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or a map whose end has not been read.
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes_before = 0;
    bool has_key = false;      ///< maps: the next node is the value of `entry.key`
    bool drops_value = false;  ///< maps: the key is a mistake
    YamlEntry entry{};
    std::set<std::string> keys{};
  };
  struct Anchored {
    YamlNode node;
    std::size_t nodes = 0;
  };

  [[nodiscard]] std::string path() const {
    std::string path;
    for (const Frame& frame : open_) {
      if (frame.has_key) path += (path.empty() ? "" : ".") + frame.entry.key;
    }
    return path;
  }

  [[nodiscard]] YamlNode make(YamlNode::Type type, const YAML::Mark& mark, const std::string& tag) {
    YamlNode node;
    node.type = type;
    node.mark = at(mark);
    // "!" stands for quotes, "?" for a plain value.
    if (!tag.empty() && tag != "!" && tag != "?") {
      diagnostics_.add(node.mark, path(), fmt::format("found the YAML tag {}; tags are not used here", printable(tag)));
    }
    return node;
  }

  void close() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    add(std::move(frame.node), frame.anchor, frame.nodes_before);
  }

  void add(YamlNode node, YAML::anchor_t anchor, std::size_t nodes_before) {
    ++nodes_;
    if (anchor != 0) anchors_[anchor] = {node, nodes_ - nodes_before};
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
      if (!frame.drops_value) frame.node.entries.push_back(std::move(frame.entry));
      frame.entry = {};
    }
  }

  void add_key(Frame& frame, const YamlNode& node) {
    const std::string parent = path();
    frame.has_key = true;
    frame.drops_value = true;
    frame.entry.mark = node.mark;
    frame.entry.key = node.is_scalar() ? node.scalar : "?";
    if (!node.is_scalar()) {
      diagnostics_.add(node.mark, parent, fmt::format("found {} as a key; allowed: a name", describe(node)));
    } else if (node.scalar == "<<" && !node.quoted) {
      has_merge_key_ = true;
      diagnostics_.add(
          node.mark, parent,
          "YAML's merge key (<<) is not read; write out the keys that it would add, or name a whole value by its "
          "alias, as in key: *other");
    } else if (!frame.keys.insert(node.scalar).second) {
      const YamlEntry* first = frame.node.find(node.scalar);
      diagnostics_.add(node.mark, path(), fmt::format("given twice; the first is in line {}", first->mark.line));
    } else {
      frame.drops_value = false;
    }
  }

  int override_index_;
  Diagnostics& diagnostics_;
  int documents_ = 0;
  bool has_merge_key_ = false;
  YamlNode root_;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
};

/// The parser's message, and for the commonest mistakes what to look for.
std::string explain(const std::string& message) {
  if (message == "illegal map value") {
    return message + "; is the line above complete and indented alike, with spaces, not tabs?";
  }
  if (message == "end of map not found") return message + "; is this line indented like its neighbours, with a ':'?";
  if (message == "illegal EOF in scalar") return message + "; a quote has no end";
  return message;
}

}  // namespace

const YamlEntry* YamlNode::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &YamlEntry::key);
  return found == entries.end() ? nullptr : &*found;
}

YamlEntry* YamlNode::find(std::string_view key) {
  const auto found = std::ranges::find(entries, key, &YamlEntry::key);
  return found == entries.end() ? nullptr : &*found;
}

std::optional<YamlNode> parse_yaml(std::string_view text, int override_index, Diagnostics& diagnostics) {
  // At a line break before the end of the text, the parser takes a quote without an end for a complete one.
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  std::istringstream stream{std::string(text)};
  YamlBuilder builder(override_index, diagnostics);
  try {
    YAML::Parser parser(stream);
    // At a token that starts no value, the parser finds empty documents without end: two are enough.
    while (builder.documents() < 2 && parser.HandleNextDocument(builder)) continue;
  } catch (const YAML::Exception& error) {
    diagnostics.add(builder.at(error.mark), {}, fmt::format("not YAML: {}", explain(error.msg)));
    return std::nullopt;
  }
  // Without the keys that it stands for, others would seem to be missing.
  if (builder.documents() > 1 || builder.has_merge_key()) return std::nullopt;
  return builder.take();
}

std::string printable(std::string_view text) { return plain_text(text, 80); }

std::string describe(const YamlNode& node) {
  switch (node.type) {
    case YamlNode::Type::null: return "nothing";
    case YamlNode::Type::list: return node.items.empty() ? "an empty list" : "a list";
    case YamlNode::Type::map: return node.entries.empty() ? "an empty map" : "a map";
    case YamlNode::Type::scalar: break;
  }
  return node.quoted ? '"' + printable(node.scalar) + '"' : printable(node.scalar);
}

}  // namespace arbiter
