#include "config/yaml_quotes.hpp"

#include <cstddef>

namespace arbiter {

bool is_closed(std::string_view text, const YAML::Mark& mark) {
  for (int line = 0; line < mark.line; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
  // Before the quote there can be an anchor.
  const std::size_t start = text.find_first_of("'\"", static_cast<std::size_t>(mark.column));
  if (start == std::string_view::npos) return true;
  const char quote = text[start];
  for (std::size_t i = start + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
      if (!doubled) return true;
      ++i;
    }
  }
  return false;
}

}  // namespace arbiter
