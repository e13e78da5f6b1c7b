#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml_tree.hpp"

namespace arbiter {

/// The mistakes of one configuration, gathered so that a person sees all of them at once.
class Diagnostics {
 public:
  /// `source` names the text in messages; `overrides` are what YamlMark::override_index counts.
  explicit Diagnostics(std::string source, std::vector<std::string> overrides = {});

  /// `path` is the key ("problems.tp_size"), or empty for the whole text.
  void add(const YamlMark& mark, std::string_view path, std::string_view text);
  [[nodiscard]] bool empty() const { return diagnostics_.empty(); }

  /// One line per mistake, in the order of the file, overrides last. After two hundred they are only counted.
  [[nodiscard]] std::string message() const;
  /// Throws ConfigError with message() unless there is none.
  void throw_if_any() const;

 private:
  struct Diagnostic {
    YamlMark mark;
    std::string line;
  };
  [[nodiscard]] std::string place(const YamlMark& mark, std::string_view path) const;

  std::string source_;
  std::vector<std::string> overrides_;
  std::vector<Diagnostic> diagnostics_;
  std::size_t more_ = 0;
};

}  // namespace arbiter
