// SPDX-License-Identifier: Apache-2.0
// trtllm_table: <out>/engines/trtllm_table/generated_lookup_table.cpp, the table that TensorRT-LLM compiles in and
// looks up by rounding hidden_size and num_tokens down to powers of two. The strict form of cpp_table: always [tp_size
// 2, 4, 8] [4 fusions][7 hidden sizes][15 token counts], only the ids that TensorRT-LLM runs (0, 4, 5, 8), and no
// two-shot where tokens may be fewer than ranks. Each point is fitted to all measurements that round to it; unmeasured
// points are NCCL, as TensorRT-LLM selects outside the table. Parameters name the strategies that stand for each id; by
// default none, and nothing is written.
#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_data.hpp"
#include "common/source_text.hpp"
#include "common/table_text.hpp"
#include "trtllm_table/bucket_table.hpp"

namespace arbiter {

namespace {

/// The paths with TensorRT-LLM's ids as their names.
std::vector<EnginePath> numbered_paths(std::vector<EnginePath> paths) {
  constexpr std::array ids = {"0", "4", "5", "8"};
  for (std::size_t i = 0; i < paths.size(); ++i) paths[i].name = ids.at(i);
  return paths;
}

/// The unmeasured points of a tp_size.
std::int64_t gaps(const TableAxes& axes, const trtllm::BucketTable& table, int tp_size) {
  const auto points =
      static_cast<std::int64_t>(axes.fusions.size() * axes.hidden_sizes.size() * axes.num_tokens.size());
  return points - std::ranges::count_if(table, [&](const auto& point) { return point.first.tp_size == tp_size; });
}

class TrtllmTable : public Sink {
 public:
  explicit TrtllmTable(const Parameters& parameters)
      : paths_(paths_of(parameters, {"nccl", "one_shot", "two_shot", "nccl_symmetric"})) {}

 private:
  void do_write(const Report& report) override {
    // TensorRT-LLM has two tables: one for Blackwell and later, one for earlier GPUs.
    const std::optional<int> measured_sm = sm_version(report, "trtllm_table");
    if (!measured_sm || !names_strategies(report, "trtllm_table", "TensorRT-LLM", paths_)) return;
    const int sm = *measured_sm < 100 ? 90 : 100;
    const Dataset data = of_artefact_dtype(report, timed_as_engines_decode(report.dataset), "trtllm_table");
    const Dataset paths = times_of_paths(data, numbered_paths(paths_));
    const trtllm::BucketTable table = trtllm::fit_buckets(paths);
    if (table.empty()) {
      report.say("trtllm_table: nothing to write: no measurement of the named strategies has a place in the table");
      return;
    }
    const TableAxes axes = seed_axes();
    std::string text;
    for (const auto& line : head_lines("For TensorRT-LLM", report, artefact_dtype(data), "TensorRT-LLM", paths_)) {
      text += cpp_comment(line);
    }
    const auto measured = [&](const Problem& problem) { return table.contains(problem); };
    for (const std::string& line : unmeasured_lines(axes, DType::bfloat16, measured)) text += cpp_comment(line);
    text += table_text(axes, fmt::format("AllReduceBestStrategyTableSM{}", sm), DType::bfloat16,
                       [&](const Problem& problem) { return std::stoi(trtllm::look_up(table, problem)); });
    const std::filesystem::path file =
        report.run.output_dir / "engines" / "trtllm_table" / "generated_lookup_table.cpp";
    write_file(file, text);
    const auto rule = [&](const Problem& problem) { return trtllm::look_up(table, problem); };
    for (const std::int64_t axis_tp_size : axes.tp_sizes) {
      const int tp_size = static_cast<int>(axis_tp_size);
      const Dataset own = paths.of_tp_size(tp_size);
      const std::int64_t missing = gaps(axes, table, tp_size);
      report.say(own.empty() ? fmt::format("trtllm_table: tp {} was not measured: NCCL throughout", tp_size)
                             : fmt::format("trtllm_table: tp {}: {}; {} points not measured: NCCL", tp_size,
                                           to_string(regret_of_rule(own, rule)), missing));
    }
    report.say(fmt::format("{}: look-up table of TensorRT-LLM", file.string()));
  }

  std::vector<EnginePath> paths_;
};

constexpr ParameterSpec trtllm_parameters[] = {
    {"nccl", ParameterType::text_list, "[]", "", "strategies that stand for NCCL (0)"},
    {"one_shot", ParameterType::text_list, "[]", "", "strategies that stand for the one-shot kernel (4)"},
    {"two_shot", ParameterType::text_list, "[]", "", "strategies that stand for the two-shot kernel (5)"},
    {"nccl_symmetric", ParameterType::text_list, "[]", "", "strategies that stand for NCCL's symmetric memory (8)"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::TrtllmTable, {.kind = arbiter::PluginKind::sink,
                                      .name = "trtllm_table",
                                      .version = "1.0",
                                      .summary = "Look-up table of TensorRT-LLM, in its strict form",
                                      .parameters = arbiter::trtllm_parameters,
                                      .parameter_count = std::size(arbiter::trtllm_parameters)})
