// SPDX-License-Identifier: Apache-2.0
#include "io/cpp_table_axes.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

using Labels = std::vector<std::string>;

/// "TP=2", "TP=4" -> 2, 4.
Labels labels_in(const ScannedTable& table, const std::string& key) {
  Labels labels;
  for (const std::string& comment : table.comments) {
    if (comment.starts_with(key + "=")) labels.push_back(comment.substr(key.size() + 1));
  }
  return labels;
}

/// What stands between blanks, commas and quotes.
Labels labels_of_list(std::string_view list) {
  constexpr std::string_view separators = " \t\r\n\f\v,'\"";
  Labels labels;
  for (auto at = list.find_first_not_of(separators); at != std::string_view::npos;
       at = list.find_first_not_of(separators, at)) {
    const auto end = std::min(list.find_first_of(separators, at), list.size());
    labels.emplace_back(list.substr(at, end - at));
    at = end;
  }
  return labels;
}

/// "Key:[1, 2]", the first one of that length. Not by std::regex, whose stack a long list exceeds.
Labels labels_beside(std::string_view text, const std::string& key, std::size_t length) {
  const std::string start = key + ":";
  for (auto at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
    const auto open = text.find_first_not_of(" \t\r\n\f\v", at + start.size());
    if (open == std::string_view::npos || text[open] != '[') continue;
    const auto close = text.find(']', open);
    if (close == std::string_view::npos) continue;
    if (Labels labels = labels_of_list(text.substr(open + 1, close - open - 1)); labels.size() == length) return labels;
  }
  return {};
}

/// An axis of `length`. Labels inside the table repeat in each of `blocks` blocks.
Labels axis_of(const std::string& file, const std::string& text, const ScannedTable& table, const std::string& inside,
               const std::string& beside, std::size_t length, std::size_t blocks, const Labels& by_position) {
  const Labels found = inside.empty() ? Labels{} : labels_in(table, inside);
  if (found.size() == length * blocks) {
    for (std::size_t i = length; i < found.size(); ++i) {
      if (found[i] == found[i % length]) continue;
      throw DataError(fmt::format("{}: {}: found {}={}, allowed: {}, as in the table's first block", file, table.name,
                                  inside, found[i], found[i % length]));
    }
    return {found.begin(), found.begin() + static_cast<std::ptrdiff_t>(length)};
  }
  if (Labels labels = labels_beside(text, beside, length); !labels.empty()) return labels;
  if (length > by_position.size()) {
    throw DataError(
        fmt::format("{}: {}: found {} entries in the axis {}, allowed: a comment {}:[...] with as many, or "
                    "up to {} entries",
                    file, table.name, length, beside, beside, by_position.size()));
  }
  return {by_position.begin(), by_position.begin() + static_cast<std::ptrdiff_t>(length)};
}

std::vector<std::int64_t> sizes_in(const std::string& file, const ScannedTable& table, const std::string& axis,
                                   const Labels& labels, std::int64_t largest) {
  std::vector<std::int64_t> values;
  for (const std::string& label : labels) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), value);
    const bool whole = error == std::errc() && end == label.data() + label.size() && value > 0 && value <= largest;
    const bool ascends = values.empty() || value > values.back();
    if (!whole || !ascends) {
      throw DataError(fmt::format("{}: {}: {}: found {}, allowed: ascending numbers from 1 to {}", file, table.name,
                                  axis, fmt::join(labels, ", "), largest));
    }
    values.push_back(value);
  }
  return values;
}

bool are_powers_of_two(const std::vector<std::int64_t>& values) {
  return std::ranges::all_of(values, [](auto value) { return std::has_single_bit(static_cast<std::uint64_t>(value)); });
}

/// Arbiter writes the hidden size beside each row of its own tables, and the list of tokens after the table.
void expect_list_of_tokens(const std::string& file, const std::string& text, const ScannedTable& table,
                           std::size_t columns) {
  if (labels_in(table, "hidden_size").empty() || !labels_beside(text, "Tokens", columns).empty()) return;
  throw DataError(
      fmt::format("{}: {}: found the end of the file, allowed: a comment Tokens:[...] with {} entries after the table: "
                  "the file is cut",
                  file, table.name, columns));
}

Labels powers_from(std::int64_t first, std::int64_t last) {
  Labels labels;
  for (std::int64_t value = first; value <= last; value *= 2) labels.push_back(std::to_string(value));
  return labels;
}

}  // namespace

CppTableAxes axes_of(const std::string& file, const std::string& text, const ScannedTable& table) {
  static const Labels engine_fusions = {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8",
                                        "RESIDUAL_RMS_NORM_QUANT_NVFP4"};
  const auto& tps = table.root.children;
  const auto& fusions = tps.front().children;
  const auto& rows = fusions.front().children;
  const std::size_t columns = rows.front().numbers.size();
  const auto axis = [&](const std::string& inside, const std::string& beside, std::size_t length, std::size_t blocks,
                        const Labels& by_position) {
    return axis_of(file, text, table, inside, beside, length, blocks, by_position);
  };
  constexpr std::int64_t most = std::int64_t{1} << 40;
  expect_list_of_tokens(file, text, table, columns);
  CppTableAxes axes;
  axes.tp_sizes = sizes_in(file, table, "TP", axis("TP", "TP", tps.size(), 1, powers_from(2, 8)), 1024);
  axes.fusions = axis("Fusion", "Fusion", fusions.size(), tps.size(), engine_fusions);
  axes.hidden_sizes =
      sizes_in(file, table, "hidden sizes",
               axis("hidden_size", "Hidden", rows.size(), tps.size() * fusions.size(), powers_from(128, 8192)), most);
  axes.num_tokens = sizes_in(file, table, "tokens", axis("", "Tokens", columns, 1, powers_from(1, 16384)), most);
  axes.powers_of_two =
      are_powers_of_two(axes.tp_sizes) && are_powers_of_two(axes.hidden_sizes) && are_powers_of_two(axes.num_tokens);
  return axes;
}

}  // namespace arbiter
