// SPDX-License-Identifier: Apache-2.0
// sglang: <out>/engines/sglang/sglang.py, the sizes up to which SGLang's custom AllReduce runs each of its kernels, for
// CUDA graphs and for eager runs. Pasted at the end of SGLang's file it changes the rows of this GPU that were measured
// and nothing else. It is made of SGLang's own kernels and NCCL; a row that gains less than noise could is SGLang's
// own.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_rows.hpp"
#include "common/source_text.hpp"
#include "sglang/dispatch.hpp"

namespace arbiter {

namespace {

using sglang::Row;

constexpr EngineSource source = {"sglang", "SGLang",
                                 "SGLANG_1SHOT_PUSH: {strategy: PYTHON, adapter: sglang, kernel: 1shot_push}"};

/// SGLang's names of a row's numbers.
constexpr std::array<const char*, 4> fields = {"one_shot_push_threshold", "two_shot_push_threshold",
                                               "one_shot_pull_threshold", "two_shot_pull_threshold"};

std::string row_text(const Row& row) {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < row.size(); ++i) items.push_back(fmt::format("\"{}\": {}", fields.at(i), row.at(i)));
  return fmt::format("{{{}}}", fmt::join(items, ", "));
}

/// What makes SGLang use ARBITER_ROWS. Alone the file has nothing but the rows.
std::string patch_text(int sm) {
  return fmt::format(R"(
if "get_all_reduce_config" in globals():  # in SGLang's file
    _get_own_all_reduce_config = get_all_reduce_config

    @cache
    def get_all_reduce_config(world_size):
        config = _get_own_all_reduce_config(world_size)
        if tuple(torch.cuda.get_device_capability()) != ({}, {}):
            return config
        for context, limits in ARBITER_ROWS.get(world_size, {{}}).items():
            config = config._replace(**{{context: getattr(config, context)._replace(**limits)}})
        return config
)",
                     sm / 10, sm % 10);
}

class Sglang : public Sink {
 public:
  explicit Sglang(const Parameters& parameters)
      : kernels_{{sglang::paths[0], parameters.texts("one_shot_push")},
                 {sglang::paths[1], parameters.texts("two_shot_push")},
                 {sglang::paths[2], parameters.texts("one_shot_pull")},
                 {sglang::paths[3], parameters.texts("two_shot_pull")}},
        nccl_{sglang::paths[4], parameters.texts("nccl")},
        max_size_(parameters.integer("max_size_kib") * 1024) {}

 private:
  void do_write(const Report& report) override {
    const std::optional<int> sm = sm_version(report, source.sink);
    if (!sm) return;
    const auto rows = engine_rows(report, source, kernels_, {nccl_});
    if (!rows) return;
    const Dataset data = of_artefact_dtype(report, rows->rows.of_fusion("NONE"), source.sink);
    const Dataset holdout = rows->holdout.of_fusion("NONE").of_dtype(artefact_dtype(data));
    std::vector<EnginePath> paths = kernels_;
    paths.push_back(nccl_);
    std::vector<std::string> lines;
    std::string dict;
    for (const auto& [tp_size, shipped] : sglang::shipped_rows(*sm)) {
      dict += entry_of(tp_size, shipped, data.of_tp_size(tp_size), holdout.of_tp_size(tp_size), paths, lines);
    }
    for (const std::string& line : lines) report.say(fmt::format("sglang: {}", line));
    if (dict.empty()) {
      report.say(
          "sglang: nothing to write: no tp size that SGLang supports has times of fusion NONE for NCCL and a kernel");
      return;
    }
    const std::filesystem::path file = report.run.output_dir / "engines" / "sglang" / "sglang.py";
    const std::string head = head_text(report, *rows, artefact_dtype(data), paths, lines);
    write_file(file, fmt::format("{}ARBITER_ROWS = {{\n{}}}\n{}", head, dict, patch_text(*sm)));
    report.say(fmt::format("{}: AllReduce sizes of SGLang", file.string()));
  }

  /// The lines of the dict for a tp size; empty if neither graphs nor eager runs were measured.
  [[nodiscard]] std::string entry_of(int tp_size, const sglang::Rows& shipped, const Dataset& data,
                                     const Dataset& holdout, const std::vector<EnginePath>& paths,
                                     std::vector<std::string>& lines) const {
    const sglang::Dispatch dispatch(tp_size, max_size_);
    sglang::Rows written = shipped;
    std::string entry;
    for (const bool graph : {true, false}) {
      const std::string place = fmt::format("tp {}, {}", tp_size, graph ? "graphs" : "eager");
      const Dataset own = timed_in_graphs(data, graph);
      const auto is_measured = [&](const EnginePath& path) {
        return std::ranges::any_of(path.strategies, [&](const auto& name) { return has_times(own, name); });
      };
      if (std::ranges::none_of(kernels_, is_measured)) continue;
      if (!is_measured(nccl_)) {
        lines.push_back(fmt::format("{}: left out, as NCCL was not measured", place));
        continue;
      }
      Row& row = graph ? written.graph : written.eager;
      row = row_for(own, timed_in_graphs(holdout, graph), row, dispatch, paths, place, lines);
      entry += fmt::format("        \"{}\": {},\n", graph ? "graph" : "eager", row_text(row));
    }
    if (entry.empty()) return {};
    lines.push_back(fmt::format("tp {}: workspaces of {} MiB on each GPU, with SGLang's own rows {} MiB", tp_size,
                                mib_text(dispatch.workspace_bytes(written)),
                                mib_text(dispatch.workspace_bytes(shipped))));
    return fmt::format("    {}: {{\n{}    }},\n", tp_size, entry);
  }

  static Row row_for(const Dataset& data, const Dataset& holdout, const Row& shipped, const sglang::Dispatch& dispatch,
                     const std::vector<EnginePath>& paths, const std::string& place, std::vector<std::string>& lines) {
    const auto can_choose = [&](const Problem& problem, const std::string& path) {
      return dispatch.can_choose(problem, path);
    };
    const auto cells = engine_cells(data, paths, can_choose);
    const auto rule = [&dispatch](const Row& row) {
      return [&](const Problem& problem) { return dispatch.path_of(row, problem); };
    };
    Row row = sglang::fit_row(cells, shipped, dispatch);
    if (keeps_shipped(compare_rules(cells, rule(shipped), rule(row)))) row = shipped;
    lines.push_back(fmt::format("{}: {}{}", place, row == shipped ? "SGLang's own row stays: " : "",
                                to_string(compare_rules(cells, rule(shipped), rule(row)))));
    const auto held_out = engine_cells(holdout, paths, can_choose);
    const Row refitted = sglang::fit_row(held_out, shipped, dispatch, FitFor::reference);
    if (const auto text = held_out_text(held_out, rule(shipped), rule(row), rule(refitted))) {
      lines.push_back(fmt::format("{}, {}", place, *text));
    }
    for (const std::string& line : winners_beyond(cells, source.engine)) {
      lines.push_back(fmt::format("{}: {}", place, line));
    }
    return row;
  }

  [[nodiscard]] std::string head_text(const Report& report, const EngineRows& rows, DType dtype,
                                      const std::vector<EnginePath>& paths,
                                      const std::vector<std::string>& findings) const {
    std::vector<std::string> lines =
        engine_head(fmt::format("For SGLang {}", sglang::release), report, rows, dtype, source, paths);
    lines.push_back(fmt::format("Paste it at the end of {}.", sglang::config_file));
    lines.emplace_back(
        "It changes the rows below on GPUs of this SM version. Tp sizes that were not measured, ranges for "
        "multicast, which was not measured either, and numbers of blocks stay SGLang's.");
    lines.push_back(
        fmt::format("Bytes, inclusive, tried in the order {}; SGLang clips them to "
                    "SGLANG_CUSTOM_ALL_REDUCE_V2_MAX_SIZE_KB, here {}.",
                    fmt::join(sglang::paths, ", "), max_size_ / 1024));
    lines.emplace_back("Regret in percent, the mean and the worst cell's in brackets:");
    for (const std::string& line : findings) lines.push_back(line + ".");
    return python_head(lines);
  }

  std::vector<EnginePath> kernels_;
  EnginePath nccl_;
  std::int64_t max_size_;
};

constexpr ParameterSpec sglang_parameters[] = {
    {"one_shot_push", ParameterType::text_list, "[SGLANG_1SHOT_PUSH]", "", "strategies that run the kernel 1shot_push"},
    {"two_shot_push", ParameterType::text_list, "[SGLANG_2SHOT_PUSH]", "", "strategies that run the kernel 2shot_push"},
    {"one_shot_pull", ParameterType::text_list, "[SGLANG_1SHOT_PULL]", "", "strategies that run the kernel 1shot_pull"},
    {"two_shot_pull", ParameterType::text_list, "[SGLANG_2SHOT_PULL]", "", "strategies that run the kernel 2shot_pull"},
    {"nccl", ParameterType::text_list, "[NCCL]", "", "strategies that run NCCL"},
    {"max_size_kib", ParameterType::integer, "16384", "1..1048576",
     "what SGLANG_CUSTOM_ALL_REDUCE_V2_MAX_SIZE_KB is in the engine: its limits are clipped to it"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Sglang, {.kind = arbiter::PluginKind::sink,
                                 .name = "sglang",
                                 .version = "2.0",
                                 .summary = "AllReduce sizes for SGLang, made of its own kernels",
                                 .parameters = arbiter::sglang_parameters,
                                 .parameter_count = std::size(arbiter::sglang_parameters)})
