// SPDX-License-Identifier: Apache-2.0
// vllm: <out>/engines/vllm/vllm.py, the sizes by which vLLM selects its AllReduce, as the Python dicts of its source.
// vLLM asks FlashInfer first, fused with the norm or not, then NCCL's symmetric memory, its custom kernel, PyTorch's
// symmetric memory and NCCL; all of it is replayed (vllm_rules.hpp). Made of the kernels that vLLM runs, in the engine
// context only; parameters say how they are called in the configuration.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_rows.hpp"
#include "common/flashinfer_rule.hpp"
#include "vllm/vllm_file.hpp"
#include "vllm/vllm_fit.hpp"

namespace arbiter {

namespace {

constexpr EngineSource source = {
    "vllm", "vLLM",
    "FLASHINFER_ONESHOT: {strategy: PYTHON, python: /opt/venv/bin/python, adapter: flashinfer, shot: one}"};
const std::vector<int> vllm_tp_sizes = {2, 4, 6, 8, 16};

class Vllm : public Sink {
 public:
  explicit Vllm(const Parameters& parameters)
      : kernels_(paths_of(parameters, {flashinfer::one_shot, flashinfer::two_shot, vllm::custom, vllm::symm_two_shot,
                                       vllm::symm_multimem, vllm::nccl_symm_mem})),
        libraries_(paths_of(parameters, {vllm::nccl})),
        widest_(parameters.integer("widest_hidden_size")),
        workspace_(parameters.integer("workspace_mib") * vllm::mib),
        mnnvl_(parameters.text("flashinfer_backend") == "mnnvl") {
    for (const auto* group : {&kernels_, &libraries_}) {
      for (const EnginePath& path : *group) {
        all_.push_back(path);
        if (path.name != vllm::nccl_symm_mem) without_range_.push_back(path);
      }
    }
  }

 private:
  void do_write(const Report& report) override {
    const std::optional<int> sm = sm_version(report, source.sink);
    if (!sm) return;
    auto measured = engine_rows(report, source, kernels_, libraries_);
    if (!measured) return;
    keep_artefact_rows(*measured, report, source.sink);
    const Dataset& rows = measured->rows;
    vllm::Host host{*sm, 1, has_multicast(rows), mnnvl_, false};
    if (!host.multicast) {
      report.say(
          "vllm: CUSTOM_ALL_REDUCE_MAX_SIZES and SYMM_MEM_ALL_REDUCE_MAX_SIZES are left out: vLLM reads them only "
          "where "
          "PyTorch's symmetric memory has NVLink multicast, and nothing measured has (symm_multimem)");
    }
    vllm::FileText text(host);
    std::vector<EngineCell> judged;
    std::vector<int> without;
    for (const int tp_size : rows.tp_sizes()) {
      if (std::ranges::find(vllm_tp_sizes, tp_size) == vllm_tp_sizes.end()) continue;
      const Dataset own = replayed(rows.of_tp_size(tp_size), *sm);
      host.nodes = own.empty() ? 1 : own.rows().front().setting.hosts;
      const auto cells = cells_of(own, host, without_range_);
      const vllm::Bounds bounds = bounds_of(own, host, tp_size);
      const vllm::Found found = vllm::fit_sizes(cells, host, tp_size, bounds);
      const auto held_out = cells_of(replayed(measured->holdout.of_tp_size(tp_size), *sm), host, without_range_);
      const auto judgement = vllm::judge_sizes(held_out, host, tp_size, bounds, found);
      host.nccl_symm_mem = true;
      const auto of_range = vllm::fit_range(cells_of(own.of_fusion("NONE"), host, all_), host, found.sizes);
      host.nccl_symm_mem = false;
      const std::vector<std::string> said = text.add(tp_size, host, cells, found, judgement, of_range);
      if (said.empty()) {
        without.push_back(tp_size);
        continue;
      }
      for (const std::string& line : said) report.say(fmt::format("vllm: {}", line));
      judged.insert(judged.end(), cells.begin(), cells.end());
    }
    report_without(report, without);
    if (text.empty()) return;
    for (const std::string& line : winners_beyond(judged, source.engine)) {
      report.say(fmt::format("vllm: {}", line));
      text.note(line);
    }
    const std::filesystem::path file = report.run.output_dir / "engines" / "vllm" / "vllm.py";
    const std::string title =
        fmt::format("AllReduce sizes for vLLM {}, with FlashInfer {}", vllm::version, flashinfer::version);
    write_file(file, text.text(engine_head(title, report, *measured, artefact_dtype(rows), source, all_)));
    report.say(fmt::format("{}: AllReduce sizes of vLLM", file.string()));
  }

  static void report_without(const Report& report, const std::vector<int>& without) {
    for (const int tp_size : without) {
      report.say(
          fmt::format("vllm: nothing to write for tp {}: what was measured says nothing of the dicts that vLLM "
                      "reads there; FlashInfer's kernels need another path beside them (NCCL, custom)",
                      tp_size));
    }
  }

  /// What vLLM has a path for; a run that fuses more is another's.
  static Dataset replayed(const Dataset& rows, int sm) {
    Dataset result(rows.machine());
    for (const Measurement& row : rows.rows()) {
      if (row.problem.fusion == "NONE" || vllm::fuses(row.problem.fusion, sm)) result.add(row);
    }
    return result;
  }

  [[nodiscard]] bool has_multicast(const Dataset& rows) const {
    const auto path = std::ranges::find(kernels_, std::string(vllm::symm_multimem), &EnginePath::name);
    return mnnvl_ || std::ranges::any_of(path->strategies, [&](const auto& name) { return has_times(rows, name); });
  }

  /// How large a message may be for FlashInfer's workspace.
  [[nodiscard]] std::int64_t largest(const vllm::Host& host, int tp_size) const {
    const vllm::Sizes shipped = vllm::shipped_sizes(host.sm, tp_size, host.nodes);
    const std::int64_t own = std::max(shipped.fused.value_or(0), host.mnnvl ? shipped.mnnvl.value_or(0) : 0);
    return std::max(own, workspace_ / vllm::workspace_bytes(host.mnnvl, tp_size, 1));
  }

  [[nodiscard]] vllm::Bounds bounds_of(const Dataset& rows, const vllm::Host& host, int tp_size) const {
    std::int64_t widest = widest_;
    for (const std::int64_t hidden : rows.hidden_sizes()) widest = std::max(widest, hidden);
    const DType dtype = artefact_dtype(rows);
    const std::int64_t token = flashinfer::least_one_shot_bytes(1, widest, dtype);
    return {flashinfer::least_one_shot_bytes(tp_size, widest, dtype), token, std::max(token, largest(host, tp_size))};
  }

  [[nodiscard]] std::vector<EngineCell> cells_of(const Dataset& rows, const vllm::Host& host,
                                                 const std::vector<EnginePath>& paths) const {
    return engine_cells(rows, paths, [&](const Problem& problem, const std::string& path) {
      return vllm::can_choose(problem, path, host, largest(host, problem.tp_size));
    });
  }

  std::vector<EnginePath> kernels_;
  std::vector<EnginePath> libraries_;
  std::vector<EnginePath> all_;
  std::vector<EnginePath> without_range_;
  std::int64_t widest_;
  std::int64_t workspace_;
  bool mnnvl_;
};

constexpr ParameterSpec vllm_parameters[] = {
    {"one_shot", ParameterType::text_list, "[FLASHINFER_ONESHOT]", "",
     "the names of strategies that run FlashInfer's one-shot kernel, alone and fused with the norm"},
    {"two_shot", ParameterType::text_list, "[FLASHINFER_TWOSHOT]", "", "likewise its two-shot kernel"},
    {"custom", ParameterType::text_list, "[VLLM_CUSTOM]", "", "likewise vLLM's custom AllReduce"},
    {"symm_two_shot", ParameterType::text_list, "[TORCH_SYMM_TWOSHOT]", "",
     "likewise PyTorch's two-shot AllReduce on symmetric memory"},
    {"symm_multimem", ParameterType::text_list, "[TORCH_SYMM_MULTIMEM]", "",
     "likewise its multimem AllReduce; a time of it shows that the machine has NVLink multicast"},
    {"nccl_symm_mem", ParameterType::text_list, "[]", "",
     "NCCL on symmetric memory as vLLM calls it (VLLM_USE_NCCL_SYMM_MEM=1): with a copy into it, which NCCL_SYMMETRIC "
     "does not make",
     "[VLLM_NCCL_SYMM]"},
    {"nccl", ParameterType::text_list, "[NCCL]", "", "NCCL, the last path"},
    {"flashinfer_backend", ParameterType::text, "trtllm", "trtllm|mnnvl",
     "the backend that one_shot and two_shot were measured with, and that vLLM is to run "
     "(VLLM_FLASHINFER_ALLREDUCE_BACKEND)"},
    {"widest_hidden_size", ParameterType::integer, "16384", "1..1048576",
     "of all models that will run; a message of as many tokens as ranks stays one-shot, as FlashInfer stops otherwise"},
    {"workspace_mib", ParameterType::integer, "512", "1..65536",
     "what FlashInfer's workspace may take on each GPU; 512 is what vLLM's own values take on sm90"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Vllm, {.kind = arbiter::PluginKind::sink,
                               .name = "vllm",
                               .version = "2.0",
                               .summary = "AllReduce sizes as the Python dicts of vLLM",
                               .parameters = arbiter::vllm_parameters,
                               .parameter_count = std::size(arbiter::vllm_parameters)})
