// SPDX-License-Identifier: Apache-2.0
#include "io/cpp_header_file.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <regex>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "sdk/numbers.hpp"

namespace arbiter {

namespace {

/// The text of a C++ literal without its quotes: \" \\ and \ooo.
std::string unescaped(const std::string& literal) {
  std::string text;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] != '\\' || i + 1 == literal.size()) {
      text += literal[i];
    } else if (literal[i + 1] >= '0' && literal[i + 1] <= '7' && i + 3 < literal.size()) {
      text += static_cast<char>(std::stoi(literal.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      text += literal[++i];
    }
  }
  return text;
}

/// Reads the lines that the sink writes, in their order; it skips code.
class HeaderLines {
 public:
  HeaderLines(const std::string& file, const std::string& text) : file_(file), text_(text) {}

  DecisionTable read() {
    while (next()) {
      static const std::regex name(R"re(    case Strategy::(\w+): return "(.*)";)re");
      static const std::regex part(R"(// tp (\d+), (\w+), (.*))");
      std::smatch match;
      if (matches(match, name)) {
        names_[match[1].str()] = unescaped(match[2].str());
      } else if (line_ == "inline constexpr Strategy strategies[] = {") {
        read_strategies();
      } else if (line_.starts_with("inline constexpr Strategy fallback = Strategy::")) {
        table_.fallback = strategy(line_.substr(line_.rfind(':') + 1));
      } else if (!strategies_.empty() && matches(match, part)) {
        read_part(static_cast<int>(whole(match[1].str())), match[2].str(), match[3].str());
      }
    }
    if (text_.find("\n#endif") == std::string::npos) {
      refuse("the end of the file inside the header", "all of it, down to its #endif: the file is cut");
    }
    if (const std::string fault = fault_of(table_); !fault.empty()) refuse("a table with a fault: " + fault, "none");
    table_.look_up = look_up();
    return std::move(table_);
  }

 private:
  bool next() {
    if (!std::getline(text_stream_, line_)) return false;
    if (line_.ends_with('\r')) line_.pop_back();
    ++number_;
    return true;
  }

  /// Whether this line matches. One that is longer than any the sink writes does not: std::regex needs a part of the
  /// stack for each character.
  [[nodiscard]] bool matches(std::smatch& match, const std::regex& expression) const {
    constexpr std::size_t longest = 4096;
    return line_.size() <= longest && std::regex_match(line_, match, expression);
  }

  /// The line after this one.
  const std::string& expect(const char* allowed) {
    if (!next()) refuse("the end of the file inside the header", fmt::format("{}: the file is cut", allowed));
    return line_;
  }

  void read_strategies() {
    while (expect("the strategies") != "};") {
      const std::size_t start = line_.rfind(':') + 1;
      strategies_.push_back(strategy(line_.substr(start, line_.find(',') - start)));
    }
  }

  void read_part(int tp_size, const std::string& dtype, const std::string& fusion) {
    const std::optional<DType> format = parse_message_dtype(dtype);
    if (!format) refuse(dtype, "bfloat16, float16 or float32");
    if (expect("a grid or steps").find("Step steps_") != std::string::npos) {
      table_.steps.push_back({tp_size, *format, fusion, steps()});
      return;
    }
    DecisionGrid grid{tp_size, *format, fusion, list(), {}, strategies_, {}};
    expect("the tokens of a grid");
    grid.num_tokens = list();
    while (expect("the cells of a grid").find("short cells_") == std::string::npos) {
    }
    while (expect("the cells of a grid") != "};") {
      if (line_.ends_with("// none")) continue;
      std::istringstream row(line_);
      for (std::string cell; std::getline(row, cell, ',');) grid.cells.push_back(index(cell));
    }
    if (grid.cells.empty()) grid.hidden_sizes.clear();  // C++ has no empty arrays: such an axis is written as 0
    if (grid.cells.empty()) grid.num_tokens.clear();
    table_.grids.push_back(std::move(grid));
  }

  std::vector<DecisionSteps::Step> steps() {
    static const std::regex step(R"(    \{(\w+), (\d+)\},)");
    std::vector<DecisionSteps::Step> all;
    while (expect("the steps") != "};") {
      std::smatch match;
      if (!matches(match, step)) refuse(line_, "{last byte, strategy},");
      const bool endless = match[1].str() == "INT64_MAX";
      const std::uint16_t chosen = index(match[2].str());
      all.push_back({endless ? std::numeric_limits<std::int64_t>::max() : whole(match[1].str()),
                     chosen < strategies_.size() ? strategies_[chosen] : ""});
      if (all.back().strategy.empty()) refuse(match[2].str(), "the index of a strategy");
    }
    return all;
  }

  /// The numbers between the braces of this line.
  std::vector<std::int64_t> list() {
    const std::size_t open = line_.find('{');
    const std::size_t close = line_.find("};");
    if (open == std::string::npos || close == std::string::npos) refuse(line_, "an axis: {1, 2, 4};");
    std::istringstream inside(line_.substr(open + 1, close - open - 1));
    std::vector<std::int64_t> values;
    for (std::string value; std::getline(inside, value, ',');) values.push_back(whole(value));
    return values;
  }

  std::uint16_t index(std::string text) {
    std::erase(text, ' ');
    const std::int64_t value = whole(text);
    if (value == -1) return DecisionGrid::no_answer;
    if (value < 0 || value >= static_cast<std::int64_t>(strategies_.size())) refuse(text, "the index of a strategy");
    return static_cast<std::uint16_t>(value);
  }

  std::int64_t whole(std::string text) {
    std::erase(text, ' ');
    const std::optional<std::int64_t> value = parse_integer(text);
    if (!value) refuse(text, "a whole number");
    return *value;
  }

  std::string strategy(std::string identifier) {
    std::erase(identifier, ';');
    const auto name = names_.find(identifier);
    if (name == names_.end()) refuse(identifier, "a strategy of the header's enumeration");
    return name->second;
  }

  /// By the code of the rule.
  [[nodiscard]] LookUp look_up() const {
    const auto has = [&](const char* code) { return text_.find(code) != std::string::npos; };
    if (has("find_cell(grid, power_of_two_below(")) return LookUp::floor_log2;
    if (has("return nearest_cell(grid, product(")) return LookUp::message_size;
    return has("return nearest_cell(") ? LookUp::nearest : LookUp::exact;
  }

  [[noreturn]] void refuse(const std::string& found, const std::string& allowed) const {
    throw DataError(fmt::format("{}:{}: found {}, allowed: {}", file_, number_, found, allowed));
  }

  const std::string& file_;
  const std::string& text_;
  std::istringstream text_stream_{text_};
  std::string line_;
  int number_ = 0;
  std::map<std::string, std::string> names_;  // by enumerator
  std::vector<std::string> strategies_;       // by index
  DecisionTable table_;
};

}  // namespace

bool is_cpp_header(const std::string& text) {
  return text.find("// Which AllReduce to use for which shape. Written by Arbiter;") != std::string::npos;
}

DecisionTable read_cpp_header(const std::string& file, const std::string& text) {
  return HeaderLines(file, text).read();
}

}  // namespace arbiter
