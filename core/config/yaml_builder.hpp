#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include "config/diagnostics.hpp"
#include "config/yaml_tree.hpp"

namespace arbiter {

/// Makes a YamlNode from the parser's events, which, unlike YAML::Node, keep duplicate keys and every position.
class YamlBuilder : public YAML::EventHandler {
 public:
  YamlBuilder(std::string_view text, int override_index, Diagnostics& diagnostics)
      : text_(text), override_index_(override_index), diagnostics_(diagnostics) {}

  [[nodiscard]] YamlNode take() { return std::move(root_); }
  [[nodiscard]] YamlMark document_start() const { return document_start_; }

  void OnDocumentStart(const YAML::Mark& mark) override { document_start_ = at(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;  ///< maps: the next node is the value of `key`
    bool drops = false;    ///< maps: the value of `key` is not kept
    YamlEntry entry;
    std::set<std::string, std::less<>> keys;
  };
  struct Anchored {
    YamlNode node;
    std::size_t nodes = 0;
  };

  [[nodiscard]] YamlMark at(const YAML::Mark& mark) const;
  [[nodiscard]] std::string path() const;
  [[nodiscard]] YamlNode make(YamlNode::Type type, const YAML::Mark& mark, const std::string& tag);
  void open(YamlNode node, YAML::anchor_t anchor);
  void close();
  void add(YamlNode node, YAML::anchor_t anchor);
  void add_key(Frame& frame, const YamlNode& node);

  std::string_view text_;
  int override_index_;
  Diagnostics& diagnostics_;
  YamlNode root_;
  YamlMark document_start_;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
};

}  // namespace arbiter
