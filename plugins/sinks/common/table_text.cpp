// SPDX-License-Identifier: Apache-2.0
#include "common/table_text.hpp"

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

/// "", ", not measured", ", not measured at tokens 1..4, 64".
std::string unmeasured_text(const TableAxes& axes, Problem problem,
                            const std::function<bool(const Problem&)>& measured) {
  std::string ranges;
  std::size_t count = 0;
  const std::vector<std::int64_t>& tokens = axes.num_tokens;
  const auto is_measured = [&](std::size_t i) {
    problem.num_tokens = tokens[i];
    return measured(problem);
  };
  for (std::size_t first = 0; first < tokens.size(); ++first) {
    if (is_measured(first)) continue;
    std::size_t last = first;
    while (last + 1 < tokens.size() && !is_measured(last + 1)) ++last;
    ranges += ranges.empty() ? " at tokens " : ", ";
    ranges += first == last ? fmt::format("{}", tokens[first]) : fmt::format("{}..{}", tokens[first], tokens[last]);
    count += last - first + 1;
    first = last;
  }
  if (count == 0) return {};
  return ", not measured" + (count == tokens.size() ? "" : ranges);
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
                       const std::function<int(const Problem&)>& id,
                       const std::function<bool(const Problem&)>& measured) {
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
        text += fmt::format("            {}{} // hidden_size={}{}\n", row_text(axes, problem, id),
                            comma_unless_last(hidden, axes.hidden_sizes.size()), axes.hidden_sizes[hidden],
                            unmeasured_text(axes, problem, measured));
      }
      text += fmt::format("        }}{}\n", comma_unless_last(fusion, axes.fusions.size()));
    }
    text += fmt::format("    }}{}\n", comma_unless_last(tp, axes.tp_sizes.size()));
  }
  return text + fmt::format("}};\n// Tokens:[{}]\n", fmt::join(axes.num_tokens, ", "));
}

}  // namespace arbiter
