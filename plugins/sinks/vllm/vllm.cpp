// vllm: <out>/engines/vllm/vllm.py, the sizes vLLM chooses its AllReduce by, as the Python dicts of its own source:
// CUSTOM_ALL_REDUCE_MAX_SIZES and SYMM_MEM_ALL_REDUCE_MAX_SIZES (bytes, used below), the range in which the custom
// kernel is preferred to NCCL's symmetric memory (bytes, strictly between), FI_ALLREDUCE_FUSION_MAX_SIZE_MB and
// _FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB (MiB, inclusive). Each is fitted by vLLM's own order of asking. What stands for
// which path is a parameter: vLLM's custom kernel goes in one shot or two, so the faster of ours stands for it; its two
// symmetric-memory paths reduce in the switch, as NCCL_SYMMETRIC does.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_data.hpp"
#include "common/python_text.hpp"
#include "vllm/vllm_rules.hpp"

namespace arbiter {

namespace {

using Dict = std::map<int, std::string>;

const std::vector<int> vllm_tp_sizes = {2, 4, 6, 8};
const std::vector<int> flashinfer_tp_sizes = {2, 4, 8};
constexpr int symmetric_nccl_from = 4;  ///< vLLM asks for it from this tp size on

struct Dicts {
  Dict custom;
  Dict symm_mem;
  Dict range;
  Dict fused;
  Dict one_shot;
};

std::string file_text(const Dicts& dicts, const Machine& machine, int sm) {
  return fmt::format(
      "# AllReduce sizes for vLLM, {}.\n"
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
      origin_text(machine), sm / 10, sm % 10, python_dict(dicts.custom), sm / 10, sm % 10, python_dict(dicts.symm_mem),
      python_dict(dicts.range), sm, python_dict(dicts.fused), sm, python_dict(dicts.one_shot));
}

class Vllm : public Sink {
 public:
  explicit Vllm(const Parameters& parameters)
      : plain_{{vllm::custom, parameters.texts("custom")},
               {vllm::symm_mem, parameters.texts("symm_mem")},
               {vllm::nccl, parameters.texts("nccl")}},
        symmetric_nccl_{vllm::nccl_symm_mem, parameters.texts("nccl_symm_mem")},
        fused_{{vllm::one_shot, parameters.texts("one_shot")},
               {vllm::two_shot, parameters.texts("two_shot")},
               {vllm::unfused, parameters.texts("nccl")}} {}

  void do_write(const Report& report) override {
    const std::optional<int> sm = sm_version(report, "vllm");
    if (!sm) return;
    const Dataset data = timed_as_engines_decode(report.dataset);
    Dataset with_norm(data.machine());
    for (const Measurement& row : data.rows()) {
      if (row.problem.fusion.starts_with("RESIDUAL_RMS_NORM")) with_norm.add(row);
    }
    Dicts dicts;
    for (const int tp_size : vllm_tp_sizes)
      add_plain(data.of_tp_size(tp_size).of_fusion("NONE"), tp_size, dicts, report);
    for (const int tp_size : flashinfer_tp_sizes) add_fused(with_norm.of_tp_size(tp_size), tp_size, dicts, report);
    say_left_out("CUSTOM_ALL_REDUCE_MAX_SIZES", vllm_tp_sizes, dicts.custom, report);
    say_left_out("SYMM_MEM_ALL_REDUCE_MAX_SIZES", vllm_tp_sizes, dicts.symm_mem, report);
    say_left_out("custom_ar_preferred_ranges", {4, 8}, dicts.range, report);
    say_left_out("FI_ALLREDUCE_FUSION_MAX_SIZE_MB", flashinfer_tp_sizes, dicts.fused, report);
    if (dicts.custom.empty() && dicts.fused.empty()) return;
    const std::filesystem::path file = report.run.output_dir / "engines" / "vllm" / "vllm.py";
    write_file(file, file_text(dicts, report.dataset.machine(), *sm));
    report.say(fmt::format("{}: AllReduce sizes of vLLM", file.string()));
  }

 private:
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
    // Without a limit vLLM goes in one shot always, so the two are written together or not at all.
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

  static void say_left_out(const char* dict, const std::vector<int>& expected, const Dict& entries,
                           const Report& report) {
    std::vector<int> written;
    for (const auto& [tp_size, text] : entries) written.push_back(tp_size);
    const std::string missing = never_measured(expected, written);
    if (!missing.empty()) report.say(fmt::format("vllm: {} has no {}: not measured", dict, missing));
  }

  std::vector<EnginePath> plain_;
  EnginePath symmetric_nccl_;
  std::vector<EnginePath> fused_;
};

constexpr ParameterSpec vllm_parameters[] = {
    {"custom", ParameterType::text_list, "[ONESHOT, TWOSHOT]", "", "what stands for the custom AllReduce"},
    {"symm_mem", ParameterType::text_list, "[NCCL_SYMMETRIC]", "", "what stands for PyTorch's symmetric memory"},
    {"nccl_symm_mem", ParameterType::text_list, "[NCCL_SYMMETRIC]", "", "what stands for NCCL's symmetric memory"},
    {"nccl", ParameterType::text_list, "[NCCL]", "", "what stands for NCCL, fused with nothing"},
    {"one_shot", ParameterType::text_list, "[ONESHOT]", "", "what stands for FlashInfer's fused one-shot kernel"},
    {"two_shot", ParameterType::text_list, "[TWOSHOT]", "", "what stands for FlashInfer's fused two-shot kernel"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Vllm, {.kind = arbiter::PluginKind::sink,
                               .name = "vllm",
                               .version = "1.0",
                               .summary = "AllReduce sizes as the Python dicts of vLLM",
                               .parameters = arbiter::vllm_parameters,
                               .parameter_count = std::size(arbiter::vllm_parameters)})
