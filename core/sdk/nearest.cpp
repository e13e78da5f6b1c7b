// SPDX-License-Identifier: Apache-2.0
#include "sdk/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arbiter {

namespace {

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lowered;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view found, std::span<const std::string> names) {
  constexpr std::size_t longest = 64;
  if (found.size() > longest) return std::nullopt;
  const std::string wanted = lower(found);
  std::optional<std::string> best;
  std::size_t best_distance = longest;
  for (const std::string& name : names) {
    const std::size_t slip = std::max<std::size_t>(1, std::max(wanted.size(), name.size()) / 3);
    const std::size_t d = distance(wanted, lower(name));
    if (d > slip || d >= best_distance) continue;
    best = name;
    best_distance = d;
  }
  return best;
}

std::string suggestion(std::string_view found, std::span<const std::string> names) {
  const std::string all = names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "));
  const std::optional<std::string> near = nearest(found, names);
  return near ? fmt::format("; did you mean {}? Allowed: {}", *near, all) : fmt::format("; allowed: {}", all);
}

}  // namespace arbiter
