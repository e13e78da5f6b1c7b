// SPDX-License-Identifier: Apache-2.0
// vllm: <out>/engines/vllm/vllm.py, the sizes by which vLLM selects its AllReduce, as the Python dicts of its source:
// CUSTOM_ALL_REDUCE_MAX_SIZES and SYMM_MEM_ALL_REDUCE_MAX_SIZES (bytes, exclusive), the range in which the custom
// kernel is preferred to NCCL's symmetric memory (bytes, exclusive), FI_ALLREDUCE_FUSION_MAX_SIZE_MB and
// _FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB (MiB, inclusive). Each is fitted to the order in which vLLM tries its paths.
// Parameters name the strategies that stand for each path; by default none, and nothing is written.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_data.hpp"
#include "vllm/vllm_rules.hpp"

namespace arbiter {

namespace {

const std::vector<int> vllm_tp_sizes = {2, 4, 6, 8};
const std::vector<int> flashinfer_tp_sizes = {2, 4, 8};
constexpr int symmetric_nccl_from = 4;  ///< the least tp_size for which vLLM tries it

struct Dicts {
  PythonDict custom;
  PythonDict symm_mem;
  PythonDict range;
  PythonDict fused;
  PythonDict one_shot;
};

std::string file_text(const Dicts& dicts, const Report& report, DType dtype, const std::vector<EnginePath>& named,
                      int sm) {
  return fmt::format(
      "{}"
      "# Merge them into vLLM's dicts key by key: tp sizes that were not measured are not here.\n"
      "# Bytes, used if size < max; the custom kernel only as far as its buffer (max_size of CustomAllreduce) "
      "reaches:\n"
      "CUSTOM_ALL_REDUCE_MAX_SIZES = {{\"{}.{}\": {}}}\n"
      "SYMM_MEM_ALL_REDUCE_MAX_SIZES = {{\"{}.{}\": {}}}\n"
      "# Bytes, the custom kernel before NCCL's symmetric memory if low < size < high:\n"
      "NCCL_SYMM_MEM_ALL_REDUCE_CONFIG = {{\"custom_ar_preferred_ranges\": {}}}\n"
      "# MiB, used if size <= max:\n"
      "FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {{{}: {}}}\n"
      "_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB = {{{}: {}}}\n",
      python_head(head_lines("AllReduce sizes for vLLM", report, dtype, "vLLM", named)), sm / 10, sm % 10,
      python_text(dicts.custom), sm / 10, sm % 10, python_text(dicts.symm_mem), python_text(dicts.range), sm,
      python_text(dicts.fused), sm, python_text(dicts.one_shot));
}

class Vllm : public Sink {
 public:
  explicit Vllm(const Parameters& parameters)
      : named_(paths_of(parameters, {"custom", "symm_mem", "nccl_symm_mem", "nccl", "one_shot", "two_shot"})),
        plain_{{vllm::custom, parameters.texts("custom")},
               {vllm::symm_mem, parameters.texts("symm_mem")},
               {vllm::nccl, parameters.texts("nccl")}},
        symmetric_nccl_{vllm::nccl_symm_mem, parameters.texts("nccl_symm_mem")},
        fused_{{vllm::one_shot, parameters.texts("one_shot")},
               {vllm::two_shot, parameters.texts("two_shot")},
               {vllm::unfused, parameters.texts("nccl")}} {}

 private:
  void do_write(const Report& report) override {
    const std::optional<int> sm = sm_version(report, "vllm");
    if (!sm || !names_strategies(report, "vllm", "vLLM", named_)) return;
    const Dataset data = of_artefact_dtype(report, timed_as_engines_decode(report.dataset), "vllm");
    Dataset with_norm(data.machine());
    for (const Measurement& row : data.rows()) {
      if (row.problem.fusion.starts_with("RESIDUAL_RMS_NORM")) with_norm.add(row);
    }
    Dicts dicts;
    for (const int tp_size : vllm_tp_sizes)
      add_plain(data.of_tp_size(tp_size).of_fusion("NONE"), tp_size, dicts, report);
    for (const int tp_size : flashinfer_tp_sizes) add_fused(with_norm.of_tp_size(tp_size), tp_size, dicts, report);
    report_gaps(report, "CUSTOM_ALL_REDUCE_MAX_SIZES", {"custom", "nccl"}, vllm_tp_sizes, dicts.custom);
    report_gaps(report, "SYMM_MEM_ALL_REDUCE_MAX_SIZES", {"custom", "symm_mem", "nccl"}, vllm_tp_sizes, dicts.symm_mem);
    report_gaps(report, "custom_ar_preferred_ranges", {"custom", "nccl_symm_mem", "nccl"}, {4, 8}, dicts.range);
    report_gaps(report, "FI_ALLREDUCE_FUSION_MAX_SIZE_MB", {"nccl", "one_shot", "two_shot"}, flashinfer_tp_sizes,
                dicts.fused);
    if (dicts.custom.empty() && dicts.fused.empty()) return;
    const std::filesystem::path file = report.run.output_dir / "engines" / "vllm" / "vllm.py";
    write_file(file, file_text(dicts, report, artefact_dtype(data), named_, *sm));
    report.say(fmt::format("{}: AllReduce sizes of vLLM", file.string()));
  }

  /// Says why a dict has no entries for some tp sizes.
  void report_gaps(const Report& report, const std::string& dict_name, std::initializer_list<const char*> needed,
                   const std::vector<int>& expected, const PythonDict& dict) const {
    if (names_each(report, "vllm", dict_name, named_, needed)) {
      report_missing(report, "vllm", dict_name, expected, dict);
    }
  }

  void add_plain(const Dataset& data, int tp_size, Dicts& dicts, const Report& report) const {
    const Dataset paths = times_of_paths(data, plain_);
    if (!has_times(paths, vllm::custom) || !has_times(paths, vllm::nccl)) return;
    const vllm::PlainSizes sizes = vllm::fit_plain(paths);
    dicts.custom[tp_size] = fmt::format("{}", sizes.custom);
    if (sizes.symm_mem) dicts.symm_mem[tp_size] = fmt::format("{}", *sizes.symm_mem);
    std::string line = fmt::format("vllm: tp {}: custom below {} B, symmetric memory {}: {}", tp_size, sizes.custom,
                                   sizes.symm_mem ? fmt::format("below {} B", *sizes.symm_mem) : "not measured",
                                   to_string(regret_of_rule(paths, vllm::rule_of(sizes))));
    if (sizes.custom > vllm::custom_buffer) {
      line += fmt::format("; unless its buffer is made larger, custom ends at {} B: {}", vllm::custom_buffer,
                          to_string(regret_of_rule(paths, vllm::rule_of(vllm::within_buffer(sizes)))));
    }
    report.say(line);

    auto with_symmetric_nccl = plain_;
    with_symmetric_nccl.push_back(symmetric_nccl_);
    const Dataset all = times_of_paths(data, with_symmetric_nccl);
    if (tp_size < symmetric_nccl_from || !has_times(all, vllm::nccl_symm_mem)) return;
    const vllm::PreferredRange range = vllm::fit_range(all, sizes);
    dicts.range[tp_size] = fmt::format("({}, {})", range.first, range.second);
    report.say(fmt::format("vllm: tp {}: with NCCL's symmetric memory, custom between {} and {} B: {}", tp_size,
                           range.first, range.second, to_string(regret_of_rule(all, vllm::rule_of(range, sizes)))));
  }

  void add_fused(const Dataset& data, int tp_size, Dicts& dicts, const Report& report) const {
    const Dataset paths = times_of_paths(data, fused_);
    // Without the second limit vLLM is always one-shot, so both are written or neither.
    for (const EnginePath& path : fused_) {
      if (!has_times(paths, path.name)) return;
    }
    const vllm::FusedSizes sizes = vllm::fit_fused(paths);
    dicts.fused[tp_size] = mib_text(sizes.fused);
    dicts.one_shot[tp_size] = mib_text(sizes.one_shot);
    report.say(fmt::format("vllm: tp {}: fused up to {} MiB, in one shot up to {} MiB: {}", tp_size,
                           dicts.fused[tp_size], dicts.one_shot[tp_size],
                           to_string(regret_of_rule(paths, vllm::rule_of(sizes)))));
  }

  std::vector<EnginePath> named_;
  std::vector<EnginePath> plain_;
  EnginePath symmetric_nccl_;
  std::vector<EnginePath> fused_;
};

constexpr ParameterSpec vllm_parameters[] = {
    {"custom", ParameterType::text_list, "[]", "", "strategies that stand for the custom AllReduce"},
    {"symm_mem", ParameterType::text_list, "[]", "", "strategies that stand for PyTorch's symmetric memory"},
    {"nccl_symm_mem", ParameterType::text_list, "[]", "", "strategies that stand for NCCL's symmetric memory"},
    {"nccl", ParameterType::text_list, "[]", "", "strategies that stand for NCCL without fusion"},
    {"one_shot", ParameterType::text_list, "[]", "", "strategies that stand for FlashInfer's fused one-shot kernel"},
    {"two_shot", ParameterType::text_list, "[]", "", "strategies that stand for FlashInfer's fused two-shot kernel"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Vllm, {.kind = arbiter::PluginKind::sink,
                               .name = "vllm",
                               .version = "1.0",
                               .summary = "AllReduce sizes as the Python dicts of vLLM",
                               .parameters = arbiter::vllm_parameters,
                               .parameter_count = std::size(arbiter::vllm_parameters)})
