#include "cpp_header/header_text.hpp"

#include <cctype>

#include <fmt/format.h>

#include "cpp_header/header_rules.hpp"
#include "cpp_header/header_tables.hpp"
#include "cpp_header/strategy_values.hpp"

namespace arbiter {

namespace {

std::string guard_of(const std::string& name_space) {
  std::string guard;
  for (const char c : name_space) {
    if (c == ':' && (guard.empty() || guard.back() == '_')) continue;
    guard += c == ':' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return guard + "_HPP";
}

std::string enumeration(const std::string& name, const std::vector<Enumerator>& values) {
  std::string text = fmt::format("enum class {} : int {{\n", name);
  for (const Enumerator& value : values) text += fmt::format("  {} = {},\n", value.identifier, value.value);
  text += "};\n\n// As the run calls it; an empty text for another number.\n";
  text += fmt::format("constexpr const char* name_of({} value) {{\n  switch (value) {{\n", name);
  for (const Enumerator& value : values) {
    text += fmt::format("    case {}::{}: return {};\n", name, value.identifier, cpp_string(value.name));
  }
  return text + "  }\n  return \"\";\n}\n\n";
}

}  // namespace

std::string header_text(const DecisionTable& table, const HeaderOptions& options,
                        const std::function<std::optional<int>(const std::string&)>& table_id) {
  const auto strategies = strategy_values(table, table_id);
  const auto fusions = fusion_values(table);
  std::string text = "// Which AllReduce to use for which shape. Written by Arbiter; needs C++17 and nothing else.\n";
  for (const std::string& line : options.comments) text += fmt::format("// {}\n", comment_text(line));
  text += rule_in_words(table.look_up);
  text += fmt::format("// Whatever was never measured gets {}.\n", comment_text(table.fallback));
  const std::string guard = guard_of(options.name_space);
  text +=
      fmt::format("#ifndef {0}\n#define {0}\n\n#include <cstdint>\n\nnamespace {1} {{\n\n", guard, options.name_space);
  text += "// Numbers are those of AllReduceStrategyType where it has the strategy.\n";
  text += enumeration("Strategy", strategies);
  text += "// Numbers are those of AllReduceFusionOp where it has the fusion.\n";
  text += enumeration("Fusion", fusions);
  text += "// Of the message. Where a tp size and fusion were not measured with it, the nearest in width answers.\n";
  text += "enum class DType : int { bfloat16 = 0, float16 = 1, float32 = 2 };\n\nnamespace detail {\n";
  text += table_structures() + "\n" + header_tables(table, strategies, fusions) + look_up_code(table.look_up);
  return text + fmt::format("\n}}  // namespace {}\n\n#endif  // {}\n", options.name_space, guard);
}

}  // namespace arbiter
