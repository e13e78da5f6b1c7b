// SPDX-License-Identifier: Apache-2.0
#include "vllm/vllm_file.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arbiter::vllm {

namespace {

std::vector<EngineCell> of_fusion(const std::vector<EngineCell>& cells, bool is_fused) {
  std::vector<EngineCell> result;
  for (const EngineCell& cell : cells) {
    if ((cell.problem.fusion != "NONE") == is_fused) result.push_back(cell);
  }
  return result;
}

/// What the numbers of the head are of.
Comparison compared(const std::vector<EngineCell>& cells, const Host& host, int tp_size, const Sizes& sizes) {
  const Sizes shipped = shipped_sizes(host.sm, tp_size, host.nodes);
  return compare_rules(
      cells, [&](const Problem& problem) { return path_of(problem, host, shipped); },
      [&](const Problem& problem) { return path_of(problem, host, sizes); });
}

/// "FI_ALLREDUCE_FUSION_MAX_SIZE_MB = {90: {2: 64}}" and its line end; nothing for an empty dict.
std::string assignment(const char* name, const std::string& key, const PythonDict& dict) {
  return dict.empty() ? "" : fmt::format("{} = {{{}: {}}}\n", name, key, python_text(dict));
}

std::string kept_note(const Found& found) {
  if (!found.kept) return "";
  return fmt::format("; vLLM's own values stay: the best others gain only {:.2f}", 100.0 * found.passed_up);
}

}  // namespace

std::vector<std::string> FileText::add(int tp_size, const Host& host, const std::vector<EngineCell>& cells,
                                       const Found& found, const std::optional<std::string>& held_out,
                                       const Found& of_range) {
  const Sizes& sizes = found.written;
  std::vector<std::string> lines;
  const auto set = [&](PythonDict& dict, const char* what, const std::optional<std::int64_t>& bytes, bool in_mib) {
    if (!bytes) return;
    dict[tp_size] = in_mib ? mib_text(*bytes) : fmt::format("{}", *bytes);
    lines.push_back(fmt::format("{} {} MiB", what, mib_text(*bytes)));
  };
  set(fused_, "FlashInfer up to", sizes.fused, true);
  set(one_shot_, "fused in one shot up to", sizes.one_shot, true);
  set(custom_, "custom below", sizes.custom, false);
  set(symm_mem_, "symmetric memory up to", sizes.symm_mem, false);
  if (sizes.mnnvl) {
    mnnvl_.push_back(fmt::format("({}, {}, {}): {}", host.sm, tp_size, host.nodes, mib_text(*sizes.mnnvl)));
    lines.push_back(fmt::format("FlashInfer without fusion up to {} MiB", mib_text(*sizes.mnnvl)));
  }
  std::vector<std::string> said;
  if (!lines.empty()) {
    said.push_back(
        fmt::format("tp {}: {}: {}{}", tp_size, fmt::join(lines, ", "), to_string(found.comparison), kept_note(found)));
    notes_.push_back(said.back());
    for (const bool is_fused : {false, true}) {
      const auto own = of_fusion(cells, is_fused);
      if (own.empty() || own.size() == cells.size()) continue;
      notes_.push_back(fmt::format("tp {}, {}: {}", tp_size, is_fused ? "with residual and norm" : "without fusion",
                                   to_string(compared(own, host, tp_size, found.sizes))));
    }
    if (held_out) {
      said.push_back(fmt::format("tp {}, {}", tp_size, *held_out));
      notes_.push_back(said.back());
    }
    const std::int64_t limit = std::max(sizes.fused.value_or(0), sizes.mnnvl.value_or(0));
    if (limit > 0) {
      notes_.push_back(fmt::format("tp {}: FlashInfer's workspace takes {} MiB on each GPU.", tp_size,
                                   mib_text(workspace_bytes(host.mnnvl, tp_size, limit))));
    }
  }
  if (const auto& range = of_range.written.range) {
    range_[tp_size] = fmt::format("({}, {})", range->first, range->second);
    said.push_back(fmt::format("tp {}: with VLLM_USE_NCCL_SYMM_MEM=1, other paths between {} and {} B: {}{}", tp_size,
                               range->first, range->second, to_string(of_range.comparison), kept_note(of_range)));
    notes_.push_back(said.back());
  }
  any_ = any_ || !said.empty();
  return said;
}

std::string FileText::text(std::vector<std::string> head) const {
  head.emplace_back("Regret in percent, the mean (and that of the worst cell), on cells of every kind measured:");
  head.insert(head.end(), notes_.begin(), notes_.end());
  head.emplace_back("Paste the values over the same keys of vLLM's dicts; what is not here was not measured.");
  head.emplace_back(host_.mnnvl
                        ? "For VLLM_FLASHINFER_ALLREDUCE_BACKEND=mnnvl, which chooses between one shot and two itself."
                        : "For FlashInfer's backend trtllm: VLLM_FLASHINFER_ALLREDUCE_BACKEND=trtllm on hosts with "
                          "NVLink multicast, where vLLM takes mnnvl otherwise and reads no one-shot sizes.");
  head.emplace_back(
      "Without fusion FlashInfer chooses its kernel by its own table, here as FlashInfer ships it. Up to 16 tokens "
      "vLLM "
      "then lets the next kernel start early, which the times here may not.");
  std::string text = python_head(head);
  const std::string number = fmt::format("{}", host_.sm);
  const std::string quoted = fmt::format("\"{}.{}\"", host_.sm / 10, host_.sm % 10);
  const std::string fused = assignment("FI_ALLREDUCE_FUSION_MAX_SIZE_MB", number, fused_) +
                            assignment("_FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB", number, one_shot_);
  if (!fused.empty()) {
    text += "# vllm/compilation/passes/fusion/allreduce_rms_fusion.py: MiB, used if size <= max\n" + fused;
  }
  std::string others;
  if (!mnnvl_.empty()) {
    others +=
        fmt::format("FI_MNNVL_ALLREDUCE_MAX_SIZE_MB = {{{}}}  # MiB, used if size <= max\n", fmt::join(mnnvl_, ", "));
  }
  if (!custom_.empty()) others += "# Bytes, used if size < max and size < 8 MiB:\n";
  others += assignment("CUSTOM_ALL_REDUCE_MAX_SIZES", quoted, custom_);
  if (!symm_mem_.empty()) others += "# Bytes, used if size <= max:\n";
  others += assignment("SYMM_MEM_ALL_REDUCE_MAX_SIZES", quoted, symm_mem_);
  if (!range_.empty()) others += "# Bytes, the paths after NCCL's symmetric memory if low < size < high:\n";
  others += assignment("NCCL_SYMM_MEM_ALL_REDUCE_CONFIG", "\"custom_ar_preferred_ranges\"", range_);
  if (!others.empty()) text += "# vllm/distributed/device_communicators/all_reduce_utils.py\n" + others;
  return text;
}

}  // namespace arbiter::vllm
