#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "config/diagnostics.hpp"
#include "config/yaml_builder.hpp"
#include "config/yaml_tree.hpp"

namespace arbiter {

namespace {

/// The parser's own words, and for the commonest slips what to do about them.
std::string explain(const std::string& message) {
  if (message == "illegal map value") return message + "; is the line above indented alike, and its value complete?";
  if (message == "end of map not found") return message + "; is this line indented like its neighbours, with a ':'?";
  return message;
}

/// The parser accepts some tabs and takes others for something else.
bool has_tabs(const std::string& text, int override_index, Diagnostics& diagnostics) {
  bool found = false;
  int line = 0;
  for (std::size_t start = 0; start < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::size_t content = std::min(text.find_first_not_of(" \t\r", start), end);
    const std::size_t tab = text.find('\t', start);
    if (tab < content && content < end && text[content] != '#') {
      const int column = static_cast<int>(tab - start) + 1;
      diagnostics.add({line + 1, column, override_index}, {}, "found a tab in the indentation; allowed: spaces");
      found = true;
    }
    start = end + 1;
  }
  return found;
}

}  // namespace

std::optional<YamlNode> parse_yaml(const std::string& text, int override_index, Diagnostics& diagnostics) {
  // The parser reads a zero byte as the end of the text.
  if (text.find('\0') != std::string::npos) {
    diagnostics.add({0, 0, override_index}, {}, "not YAML: it holds a zero byte");
    return std::nullopt;
  }
  if (has_tabs(text, override_index, diagnostics)) return std::nullopt;
  std::istringstream stream(text);
  try {
    YAML::Parser parser(stream);
    YamlBuilder builder(text, override_index, diagnostics);
    if (!parser.HandleNextDocument(builder)) return YamlNode{};
    YamlNode root = builder.take();
    YamlBuilder second(text, override_index, diagnostics);
    bool more = false;
    try {
      more = parser.HandleNextDocument(second);
    } catch (const YAML::Exception&) {
      // What starts here is no good, but a second document it is.
      more = second.document_start().line > 0;
      if (!more) throw;
    }
    if (!more) return root;
    diagnostics.add(second.document_start(), {}, "a second YAML document starts here; allowed: one document");
  } catch (const YAML::Exception& error) {
    YamlMark mark{0, 0, override_index};
    if (!error.mark.is_null()) mark = {error.mark.line + 1, error.mark.column + 1, override_index};
    diagnostics.add(mark, {}, fmt::format("not YAML: {}", explain(error.msg)));
  }
  return std::nullopt;
}

}  // namespace arbiter
