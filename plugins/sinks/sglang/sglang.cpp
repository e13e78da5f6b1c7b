// SPDX-License-Identifier: Apache-2.0
// sglang: <out>/engines/sglang/sglang.py, the sizes by which SGLang's custom AllReduce selects, as the Python maps of
// its source: per tp_size the upper limits (one-shot push, one-shot pull, two-shot) in bytes, ascending and inclusive,
// NCCL above; one map for CUDA graphs, one for eager runs. Parameters name the strategies that stand for each path; by
// default none, and nothing is written. The limit of a path without a strategy equals the one before, by which SGLang
// skips it.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/byte_cuts.hpp"
#include "common/engine_data.hpp"

namespace arbiter {

namespace {

const std::vector<int> sglang_tp_sizes = {2, 3, 4, 5, 6, 7, 8, 16};
constexpr const char* paths_in_order[] = {"push", "pull", "two_shot", "nccl"};

std::string path_of(const Problem& problem, std::size_t answer) {
  return paths_in_order[problem.message_bytes() % 16 == 0 ? answer : 3];
}

class Sglang : public Sink {
 public:
  explicit Sglang(const Parameters& parameters) : paths_(paths_of(parameters, {"push", "pull", "two_shot", "nccl"})) {}

 private:
  void do_write(const Report& report) override {
    if (!sm_version(report, "sglang") || !names_strategies(report, "sglang", "SGLang", paths_)) return;
    if (!names_each(report, "sglang", "sglang.py", paths_, {"nccl"})) return;
    const bool any_kernel = std::ranges::any_of(paths_, [](const EnginePath& path) {
      return path.name != "nccl" && path.name != "pull" && !path.strategies.empty();
    });
    if (!any_kernel && !names_each(report, "sglang", "sglang.py", paths_, {"push", "two_shot"})) return;
    const DType dtype = artefact_dtype(of_artefact_dtype(report, report.dataset, "sglang"));
    std::string text = fmt::format(
        "{}"
        "# Merge them into SGLang's maps key by key: tp sizes that were not measured are not here.\n"
        "# Bytes (push, one shot, two shots), each used if size <= its number, in this order:\n",
        python_head(head_lines("AllReduce sizes for SGLang", report, dtype, "SGLang", paths_)));
    bool empty = true;
    for (const bool graph : {true, false}) {
      const char* const map = graph ? "graph_map" : "eager_map";
      const auto entries = sizes(timed_in_graphs(report, graph).of_dtype(dtype), map, report);
      text += fmt::format("{} = {}\n", map, python_text(entries));
      empty = empty && entries.empty();
    }
    if (empty) return;
    const std::filesystem::path file = report.run.output_dir / "engines" / "sglang" / "sglang.py";
    write_file(file, text);
    report.say(fmt::format("{}: AllReduce sizes of SGLang", file.string()));
  }

  [[nodiscard]] PythonDict sizes(const Dataset& data, const char* map, const Report& report) const {
    PythonDict result;
    for (const int tp_size : sglang_tp_sizes) {
      const Dataset paths = times_of_paths(data.of_tp_size(tp_size).of_fusion("NONE"), paths_);
      if (!has_times(paths, "nccl") || !(has_times(paths, "push") || has_times(paths, "two_shot"))) continue;
      const std::vector<std::int64_t> cuts = best_cuts(size_costs(paths, std::size(paths_in_order), path_of));
      const auto rule = [&cuts](const Problem& problem) {
        std::size_t answer = 0;
        while (answer < cuts.size() && problem.message_bytes() > cuts[answer]) ++answer;
        return path_of(problem, answer);
      };
      result[tp_size] = fmt::format("({}, {}, {})", cuts[0], cuts[1], cuts[2]);
      report.say(fmt::format("sglang: {}: tp {}: {}: {}", map, tp_size, result[tp_size],
                             to_string(regret_of_rule(paths, rule))));
    }
    report_missing(report, "sglang", map, sglang_tp_sizes, result);
    return result;
  }

  std::vector<EnginePath> paths_;
};

constexpr ParameterSpec sglang_parameters[] = {
    {"push", ParameterType::text_list, "[]", "", "strategies that stand for the one-shot kernel that pushes"},
    {"pull", ParameterType::text_list, "[]", "", "strategies that stand for the one-shot kernel that pulls"},
    {"two_shot", ParameterType::text_list, "[]", "", "strategies that stand for the two-shot kernel"},
    {"nccl", ParameterType::text_list, "[]", "", "strategies that stand for NCCL"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Sglang, {.kind = arbiter::PluginKind::sink,
                                 .name = "sglang",
                                 .version = "1.0",
                                 .summary = "AllReduce sizes as the Python maps of SGLang",
                                 .parameters = arbiter::sglang_parameters,
                                 .parameter_count = std::size(arbiter::sglang_parameters)})
