#include "common/python_text.hpp"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arbiter {

std::string python_dict(const std::map<int, std::string>& entries) {
  std::vector<std::string> items;
  items.reserve(entries.size());
  for (const auto& [key, value] : entries) items.push_back(fmt::format("{}: {}", key, value));
  return fmt::format("{{{}}}", fmt::join(items, ", "));
}

std::string mib_text(std::int64_t bytes) {
  // Division by a power of two is exact, and {} prints as many digits as tell the number from all others.
  return fmt::format("{}", static_cast<double>(bytes) / (1024.0 * 1024.0));
}

}  // namespace arbiter
