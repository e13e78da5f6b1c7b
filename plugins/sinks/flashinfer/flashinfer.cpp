// SPDX-License-Identifier: Apache-2.0
// flashinfer: <out>/engines/flashinfer/flashinfer.py, the largest sizes for the one-shot kernel of FlashInfer's fused
// AllReduce, as the Python dict of its source: one-shot if num_tokens x hidden_size x 2 x tp_size x bytes per element,
// in MiB, is at most the value of the tp_size. All fusions share the value; two-shot needs more tokens than ranks.
// Parameters name the strategies that stand for each path; by default none, and nothing is written.
#include <iterator>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/byte_cuts.hpp"
#include "common/engine_data.hpp"

namespace arbiter {

namespace {

const std::vector<int> flashinfer_tp_sizes = {2, 4, 8};

std::string path_of(const Problem& problem, bool one_shot) {
  if (one_shot) return "one_shot";
  return problem.num_tokens > problem.tp_size ? "two_shot" : "none";
}

/// Bytes that all ranks send and receive together.
std::int64_t traffic(std::int64_t message_bytes, int tp_size) { return message_bytes * 2 * tp_size; }

class Flashinfer : public Sink {
 public:
  explicit Flashinfer(const Parameters& parameters) : paths_(paths_of(parameters, {"one_shot", "two_shot"})) {}

 private:
  void do_write(const Report& report) override {
    if (!sm_version(report, "flashinfer") || !names_strategies(report, "flashinfer", "FlashInfer", paths_)) return;
    if (!names_each(report, "flashinfer", "_use_oneshot_heuristics", paths_, {"one_shot", "two_shot"})) return;
    const Dataset data = of_artefact_dtype(report, timed_as_engines_decode(report.dataset), "flashinfer");
    PythonDict sizes;
    for (const int tp_size : flashinfer_tp_sizes) {
      const Dataset paths = times_of_paths(data.of_tp_size(tp_size), paths_);
      if (!has_times(paths, "one_shot") || !has_times(paths, "two_shot")) continue;
      const auto path = [](const Problem& problem, std::size_t answer) { return path_of(problem, answer == 0); };
      const std::int64_t cut = best_cuts(size_costs(paths, 2, path)).front();
      sizes[tp_size] = mib_text(traffic(cut, tp_size));
      const auto rule = [cut](const Problem& problem) { return path_of(problem, problem.message_bytes() <= cut); };
      report.say(fmt::format("flashinfer: tp {}: one shot up to {} MiB of traffic: {}", tp_size, sizes[tp_size],
                             to_string(regret_of_rule(paths, rule))));
    }
    report_missing(report, "flashinfer", "_use_oneshot_heuristics", flashinfer_tp_sizes, sizes);
    if (sizes.empty()) return;
    const std::filesystem::path file = report.run.output_dir / "engines" / "flashinfer" / "flashinfer.py";
    write_file(file, fmt::format("{}"
                                 "# Merge them into FlashInfer's dict key by key: tp sizes that were not measured are "
                                 "not here.\n"
                                 "# MiB, one shot if tokens * hidden_size * 2 * tp_size * itemsize <= max:\n"
                                 "_use_oneshot_heuristics = {}\n",
                                 python_head(head_lines("One-shot limits of FlashInfer's fused AllReduce", report,
                                                        artefact_dtype(data), "FlashInfer", paths_)),
                                 python_text(sizes)));
    report.say(fmt::format("{}: one-shot limits of FlashInfer", file.string()));
  }

  std::vector<EnginePath> paths_;
};

constexpr ParameterSpec flashinfer_parameters[] = {
    {"one_shot", ParameterType::text_list, "[]", "", "strategies that stand for the one-shot kernel"},
    {"two_shot", ParameterType::text_list, "[]", "", "strategies that stand for the two-shot kernel"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Flashinfer, {.kind = arbiter::PluginKind::sink,
                                     .name = "flashinfer",
                                     .version = "1.0",
                                     .summary = "One-shot limits as the Python dict of FlashInfer",
                                     .parameters = arbiter::flashinfer_parameters,
                                     .parameter_count = std::size(arbiter::flashinfer_parameters)})
