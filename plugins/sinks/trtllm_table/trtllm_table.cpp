// SPDX-License-Identifier: Apache-2.0
// trtllm_table: <out>/engines/trtllm_table/generated_lookup_table.cpp, the table that TensorRT-LLM compiles in: always
// [tp_size 2, 4, 8][4 fusions][7 hidden sizes][15 token counts], only the ids that it runs (0, 4, 5, 8). It is made of
// TensorRT-LLM's own kernels, or of FlashInfer's copy of them where those were not measured. What was not measured at
// all, and what the engine's own table does as well, keeps the ids of that table.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_rows.hpp"
#include "common/source_text.hpp"
#include "common/table_text.hpp"
#include "trtllm_table/shipped_table.hpp"

namespace arbiter {

namespace {

using trtllm::BucketTable;

constexpr EngineSource source = {"trtllm_table", "TensorRT-LLM",
                                 "FLASHINFER_ONESHOT: {strategy: PYTHON, adapter: flashinfer, shot: one}, which is "
                                 "FlashInfer's copy of TensorRT-LLM's kernel"};

// A fusion of a tp size takes all fitted ids if they gain more than this in the mean. Else it takes those of measured
// points that gain more than the second, and of points without measurements of the same hidden size: two measurements
// of a machine differ by less.
constexpr double worth_a_block = 0.01;
constexpr double worth_a_point = 0.05;

/// Of the name of the table and the MiB of the workspace.
constexpr const char* usage =
    R"(// Put it in the place of {} in cpp/tensorrt_llm/common/customAllReduceUtils.h and build TensorRT-LLM.
// The strategy AUTO reads the table only with TLLM_DISABLE_ALLREDUCE_AUTOTUNE=1 (or without MPI); else it asks its autotuner.
// Messages above {} MiB (TRTLLM_ALLREDUCE_FUSION_WORKSPACE_SIZE) go to NCCL, whatever the table has for them.
// Regret in percent, the mean and the worst cell's in brackets:
)";
constexpr const char* gaps =
    R"(// Points without measurements have the ids of a fit to the others of their tp size and fusion, and TensorRT-LLM's own ids
// where nothing else was measured, or where those stay:
)";

/// The strategies that parameters name for the kernels, and what is measured of them at one tp_size.
struct Kernels {
  std::vector<EnginePath> own;
  std::vector<EnginePath> copies;
  std::vector<EnginePath> libraries;

  [[nodiscard]] bool are_measured(const Dataset& rows) const {
    return std::ranges::any_of(own, [&](const EnginePath& path) {
      return std::ranges::any_of(path.strategies, [&](const std::string& name) { return has_times(rows, name); });
    });
  }

  /// Own kernels where they have times, else the copies.
  [[nodiscard]] std::vector<EnginePath> paths_at(const Dataset& rows_of_tp_size) const {
    std::vector<EnginePath> paths = are_measured(rows_of_tp_size) ? own : copies;
    paths.insert(paths.end(), libraries.begin(), libraries.end());
    return paths;
  }
};

class TrtllmTable : public Sink {
 public:
  explicit TrtllmTable(const Parameters& parameters)
      : kernels_{{{trtllm::one_shot_id, parameters.texts("one_shot")},
                  {trtllm::two_shot_id, parameters.texts("two_shot")}},
                 {{trtllm::one_shot_id, parameters.texts("one_shot_copy")},
                  {trtllm::two_shot_id, parameters.texts("two_shot_copy")}},
                 {{trtllm::nccl_id, parameters.texts("nccl")},
                  {trtllm::nccl_symmetric_id, parameters.texts("nccl_symmetric")}}},
        dispatch_(parameters.integer("workspace_mib") << 20U),
        workspace_mib_(parameters.integer("workspace_mib")) {}

 private:
  void do_write(const Report& report) override {
    // TensorRT-LLM has two tables: one for Blackwell and later, one for earlier GPUs.
    const std::optional<int> measured_sm = sm_version(report, source.sink);
    if (!measured_sm) return;
    std::vector<EnginePath> any_kernel = kernels_.own;
    any_kernel.insert(any_kernel.end(), kernels_.copies.begin(), kernels_.copies.end());
    auto rows = engine_rows(report, source, any_kernel, kernels_.libraries);
    if (!rows) return;
    keep_artefact_rows(*rows, report, source.sink);
    const Dataset& data = rows->rows;
    const BucketTable shipped = trtllm::shipped_table(*measured_sm);
    BucketTable table = shipped;
    std::vector<std::string> lines;
    std::set<Problem> measured;
    for (const int tp_size : data.tp_sizes()) {
      fit_tp_size(data.of_tp_size(tp_size), rows->holdout.of_tp_size(tp_size), shipped, table, measured, lines);
    }
    if (measured.empty()) {
      report.say("trtllm_table: nothing to write: nothing that was measured has a place in the table");
      return;
    }
    const int sm = *measured_sm < 100 ? 90 : 100;
    const TableAxes axes = seed_axes();
    std::string text = head(report, data, sm, lines);
    const auto is_measured = [&](const Problem& point) { return measured.contains(point); };
    for (const auto& line : unmeasured_lines(axes, DType::bfloat16, is_measured)) text += cpp_comment(line);
    text += table_text(axes, table_name(sm), DType::bfloat16,
                       [&](const Problem& point) { return std::stoi(table.at(point)); });
    const std::filesystem::path file =
        report.run.output_dir / "engines" / "trtllm_table" / "generated_lookup_table.cpp";
    write_file(file, text);
    for (const std::string& line : lines) report.say(fmt::format("trtllm_table: {}", line));
    report.say(fmt::format("{}: look-up table of TensorRT-LLM", file.string()));
  }

  /// Puts fitted ids into `table`, adds the points that have measurements, and says what came of it.
  void fit_tp_size(const Dataset& data, const Dataset& holdout, const BucketTable& shipped, BucketTable& table,
                   std::set<Problem>& measured, std::vector<std::string>& lines) const {
    const int tp_size = data.tp_sizes().front();
    const std::vector<EnginePath> paths = kernels_.paths_at(data);
    const auto can_choose = [&](const Problem& problem, const std::string& id) {
      return dispatch_.can_choose(problem, id);
    };
    const auto cells = engine_cells(data, paths, can_choose);
    for (const EngineCell& cell : cells) {
      const auto point = trtllm::bucket_of(cell.problem);
      if (point && dispatch_.reads(cell.problem)) measured.insert(*point);
    }
    const auto say = [&](const std::string& line) { lines.push_back(fmt::format("tp {}: {}", tp_size, line)); };
    if (std::ranges::none_of(shipped, [&](const auto& point) { return point.first.tp_size == tp_size; })) {
      say("it has no rows in the table and is left out");
      return;
    }
    if (cells.empty()) return;
    if (!kernels_.are_measured(data)) {
      say("TensorRT-LLM itself was not measured: FlashInfer's copy of its kernels counts for it");
    }
    const BucketTable fitted = trtllm::fit_buckets(cells, times_of_paths(data, paths), shipped, dispatch_);
    const std::vector<std::string> kept = take_gains(table, fitted, shipped, cells);
    if (!kept.empty()) {
      say(fmt::format("TensorRT-LLM's own ids stay for {}, as others gain less than noise could",
                      fmt::join(kept, ", ")));
    }
    say(to_string(compare_rules(cells, rule(shipped), rule(table))));
    const auto held_out = engine_cells(holdout, paths, can_choose);
    const BucketTable refitted =
        trtllm::fit_buckets(held_out, times_of_paths(holdout, paths), shipped, dispatch_, FitFor::reference);
    if (const auto text = held_out_text(held_out, rule(shipped), rule(table), rule(refitted))) {
      lines.push_back(fmt::format("tp {}, {}", tp_size, *text));
    }
    for (const std::string& line : winners_beyond(cells, source.engine)) say(line);
  }

  static std::string table_name(int sm) { return fmt::format("AllReduceBestStrategyTableSM{}", sm); }

  [[nodiscard]] EngineRule rule(const BucketTable& table) const {
    return [this, &table](const Problem& problem) { return dispatch_.look_up(table, problem); };
  }

  /// Takes the fitted ids of each fusion in which they gain more than noise could, or of the points that do. Returns
  /// what it leaves, for people.
  std::vector<std::string> take_gains(BucketTable& table, const BucketTable& fitted, const BucketTable& shipped,
                                      const std::vector<EngineCell>& cells) const {
    std::map<std::string, std::map<Problem, std::vector<EngineCell>>> fusions;  // that the table has, by point
    for (const EngineCell& cell : cells) {
      const auto point = trtllm::bucket_of(cell.problem);
      if (point) fusions[point->fusion][*point].push_back(cell);
    }
    std::vector<std::string> kept;
    for (const auto& [fusion, points] : fusions) {
      std::vector<EngineCell> own;
      for (const auto& [point, at_point] : points) own.insert(own.end(), at_point.begin(), at_point.end());
      const auto gain = [&](const std::vector<EngineCell>& over) {
        return gain_of(compare_rules(over, rule(shipped), rule(fitted)));
      };
      if (gain(own) > worth_a_block) {
        for (auto& [point, id] : table) {
          if (point.tp_size == own.front().problem.tp_size && point.fusion == fusion) id = fitted.at(point);
        }
        continue;
      }
      std::size_t taken = 0;
      std::set<std::int64_t> rows;
      for (const auto& [point, at_point] : points) {
        if (gain(at_point) <= worth_a_point) continue;
        table.at(point) = fitted.at(point);
        rows.insert(point.hidden_size);
        ++taken;
      }
      for (auto& [point, id] : table) {  // what was not measured follows its row
        const bool is_here = point.tp_size == own.front().problem.tp_size && point.fusion == fusion;
        if (is_here && rows.contains(point.hidden_size) && !points.contains(point)) id = fitted.at(point);
      }
      kept.push_back(taken == 0 ? fusion
                                : fmt::format("{} but for {} measured point{}", fusion, taken, taken == 1 ? "" : "s"));
    }
    return kept;
  }

  [[nodiscard]] std::string head(const Report& report, const Dataset& data, int sm,
                                 const std::vector<std::string>& findings) const {
    std::vector<EnginePath> paths = {{"one_shot (4)", kernels_.own[0].strategies},
                                     {"two_shot (5)", kernels_.own[1].strategies}};
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const std::vector<std::string>& copies = kernels_.copies[i].strategies;
      paths[i].strategies.insert(paths[i].strategies.end(), copies.begin(), copies.end());
    }
    paths.push_back({"nccl (0)", kernels_.libraries[0].strategies});
    paths.push_back({"nccl_symmetric (8)", kernels_.libraries[1].strategies});
    for (EnginePath& path : paths) {
      std::erase_if(path.strategies, [&](const std::string& name) { return !has_times(data, name); });
    }
    std::string text;
    for (const auto& line : engine_head(fmt::format("For {}", trtllm::shipped_version), report, EngineRows{data},
                                        artefact_dtype(data), source, paths)) {
      text += cpp_comment(line);
    }
    text += fmt::format(usage, table_name(sm), workspace_mib_);
    for (const std::string& line : findings) text += cpp_comment(line + ".");
    text += gaps;
    return text;
  }

  Kernels kernels_;
  trtllm::Dispatch dispatch_;
  std::int64_t workspace_mib_;
};

constexpr ParameterSpec trtllm_parameters[] = {
    {"one_shot", ParameterType::text_list, "[TRTLLM_ONESHOT]", "", "strategies that run the one-shot kernel (4)"},
    {"two_shot", ParameterType::text_list, "[TRTLLM_TWOSHOT]", "", "strategies that run the two-shot kernel (5)"},
    {"one_shot_copy", ParameterType::text_list, "[FLASHINFER_ONESHOT]", "",
     "strategies that run FlashInfer's copy of it: used for a tp_size of which one_shot and two_shot have no times"},
    {"two_shot_copy", ParameterType::text_list, "[FLASHINFER_TWOSHOT]", "", "likewise"},
    {"nccl", ParameterType::text_list, "[NCCL]", "", "strategies that run NCCL (0)"},
    {"nccl_symmetric", ParameterType::text_list, "[NCCL_SYMMETRIC]", "",
     "strategies that run NCCL's symmetric memory (8)"},
    {"workspace_mib", ParameterType::integer, "64", "1..65536",
     "what TRTLLM_ALLREDUCE_FUSION_WORKSPACE_SIZE is in the engine, in MiB: larger messages go to NCCL"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::TrtllmTable, {.kind = arbiter::PluginKind::sink,
                                      .name = "trtllm_table",
                                      .version = "2.0",
                                      .summary = "Look-up table of TensorRT-LLM, made of its own kernels",
                                      .parameters = arbiter::trtllm_parameters,
                                      .parameter_count = std::size(arbiter::trtllm_parameters)})
