// SPDX-License-Identifier: Apache-2.0
#include "common/table_text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/source_text.hpp"

namespace arbiter {

namespace {

/// As Python writes a list of texts.
std::string quoted_list(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  quoted.reserve(texts.size());
  for (const std::string& text : texts) quoted.push_back(python_string(text));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

const char* comma_unless_last(std::size_t index, std::size_t count) { return index + 1 < count ? "," : ""; }

std::string row_text(const TableAxes& axes, Problem problem, const std::function<int(const Problem&)>& id) {
  std::vector<int> ids;
  for (const std::int64_t tokens : axes.num_tokens) {
    problem.num_tokens = tokens;
    ids.push_back(id(problem));
  }
  return fmt::format("{{{}}}", fmt::join(ids, ","));
}

/// "1..4, 64" of the tokens that are not measured; empty if all are.
std::string unmeasured_tokens(const std::vector<std::int64_t>& tokens, Problem problem,
                              const std::function<bool(const Problem&)>& measured) {
  const auto is_measured = [&](std::size_t i) {
    problem.num_tokens = tokens[i];
    return measured(problem);
  };
  std::string ranges;
  for (std::size_t first = 0; first < tokens.size(); ++first) {
    if (is_measured(first)) continue;
    std::size_t last = first;
    while (last + 1 < tokens.size() && !is_measured(last + 1)) ++last;
    if (!ranges.empty()) ranges += ", ";
    ranges += first == last ? fmt::format("{}", tokens[first]) : fmt::format("{}..{}", tokens[first], tokens[last]);
    first = last;
  }
  return ranges;
}

}  // namespace

TableAxes seed_axes() {
  TableAxes axes{
      {2, 4, 8}, {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_QUANT_NVFP4"}, {}, {}};
  for (std::int64_t hidden = 128; hidden <= 8192; hidden *= 2) axes.hidden_sizes.push_back(hidden);
  for (std::int64_t tokens = 1; tokens <= 16384; tokens *= 2) axes.num_tokens.push_back(tokens);
  return axes;
}

TableAxes data_axes(const Dataset& dataset) {
  TableAxes axes{{}, dataset.fusions(), dataset.hidden_sizes(), dataset.num_tokens()};
  for (const int tp_size : dataset.tp_sizes()) axes.tp_sizes.push_back(tp_size);
  return axes;
}

std::string table_text(const TableAxes& axes, const std::string& table_name, DType dtype,
                       const std::function<int(const Problem&)>& id) {
  std::string text = fmt::format(
      "// AllReduce lookup: [tp][fusion][hidden][tokens] = strategy\n"
      "{}"
      "inline AllReduceBestStrategyTableType {} = {{\n",
      cpp_comment(fmt::format("TP:[{}] Fusion:{}", fmt::join(axes.tp_sizes, ", "), quoted_list(axes.fusions))),
      table_name);
  for (std::size_t tp = 0; tp < axes.tp_sizes.size(); ++tp) {
    text += fmt::format("    {{\n        // TP={}\n", axes.tp_sizes[tp]);
    for (std::size_t fusion = 0; fusion < axes.fusions.size(); ++fusion) {
      text += "        { " + cpp_comment("Fusion=" + axes.fusions[fusion]);
      for (std::size_t hidden = 0; hidden < axes.hidden_sizes.size(); ++hidden) {
        const Problem problem{static_cast<int>(axes.tp_sizes[tp]), dtype, axes.fusions[fusion],
                              axes.hidden_sizes[hidden], 0};
        text += fmt::format("            {}{} // hidden_size={}\n", row_text(axes, problem, id),
                            comma_unless_last(hidden, axes.hidden_sizes.size()), axes.hidden_sizes[hidden]);
      }
      text += fmt::format("        }}{}\n", comma_unless_last(fusion, axes.fusions.size()));
    }
    text += fmt::format("    }}{}\n", comma_unless_last(tp, axes.tp_sizes.size()));
  }
  return text + fmt::format("}};\n// Tokens:[{}]\n", fmt::join(axes.num_tokens, ", "));
}

std::vector<std::string> unmeasured_lines(const TableAxes& axes, DType dtype,
                                          const std::function<bool(const Problem&)>& measured) {
  std::vector<std::string> lines;
  for (const std::int64_t tp_size : axes.tp_sizes) {
    const std::string tp = fmt::format("Not measured: tp {}", tp_size);
    std::vector<std::string> of_tp;
    bool any = false;
    for (const std::string& fusion : axes.fusions) {
      const std::size_t before = of_tp.size();
      std::size_t whole = 0;
      for (const std::int64_t hidden : axes.hidden_sizes) {
        const Problem problem{static_cast<int>(tp_size), dtype, fusion, hidden, 0};
        const std::string tokens = unmeasured_tokens(axes.num_tokens, problem, measured);
        const bool row = std::ranges::none_of(axes.num_tokens, [&](std::int64_t count) {
          Problem point = problem;
          point.num_tokens = count;
          return measured(point);
        });
        if (row) ++whole;
        const std::string place = fmt::format("{}, {}, hidden {}", tp, fusion, hidden);
        if (!tokens.empty()) of_tp.push_back(row ? place : fmt::format("{}: tokens {}", place, tokens));
      }
      if (whole < axes.hidden_sizes.size()) {
        any = true;
        continue;
      }
      of_tp.resize(before);
      of_tp.push_back(fmt::format("{}, {}", tp, fusion));
    }
    if (any) {
      lines.insert(lines.end(), of_tp.begin(), of_tp.end());
    } else {
      lines.push_back(tp);
    }
  }
  return lines;
}

}  // namespace arbiter
