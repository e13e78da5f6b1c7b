// SPDX-License-Identifier: Apache-2.0
#include "common/next_step.hpp"

#include <fmt/format.h>

namespace arbiter {

namespace {

struct Destination {
  const char* file;
  const char* where;  // "<file> <where>"
};

// For engines first: the more specific file is the one to use.
constexpr Destination of_engines[] = {
    {"engines/vllm/vllm.py", "into vLLM's dicts"},
    {"engines/sglang/sglang.py", "to the end of SGLang's custom_all_reduce_v2.py"},
    {"engines/flashinfer/flashinfer.py", "into FlashInfer's comm/trtllm_ar.py"},
    {"engines/trtllm_table/generated_lookup_table.cpp", "into TensorRT-LLM's customAllReduceUtils.h"},
    {"engines/nccl_tuner/nccl_tuner.conf", "into NCCL_TUNER_CONFIG_FILE"},
};

constexpr Destination of_anyone[] = {
    {"arbiter_decision.hpp", "into your engine's sources"},
    {"gen_heuristic_code/generated_lookup_table.cpp", "into your engine's sources"},
    {"decision.json", "to where your engine reads it"},
};

struct Found {
  std::string first;  ///< "<file> <where>"; empty if no file is there
  int more = 0;
};

template <class Destinations>
Found find_in(const std::filesystem::path& dir, const Destinations& all) {
  Found found;
  for (const Destination& one : all) {
    std::error_code ignored;
    if (!std::filesystem::exists(dir / one.file, ignored)) continue;
    if (found.first.empty()) {
      found.first = fmt::format("{} {}", one.file, one.where);
    } else {
      ++found.more;
    }
  }
  return found;
}

}  // namespace

std::string next_step(const std::filesystem::path& output_dir, bool on_gpus, const std::string& selector) {
  const Found engine = find_in(output_dir, of_engines);
  if (engine.more > 0) return fmt::format("{}; {} more in engines/", engine.first, engine.more);
  if (!engine.first.empty()) return engine.first;
  std::error_code ignored;
  if (on_gpus && std::filesystem::exists(output_dir / "decision.json", ignored)) {
    return fmt::format("ARBITER_DECISION=decision.json{}{} runs it in an engine (docs/runtime.md)",
                       selector.empty() ? "" : "#", selector);
  }
  const Found own = find_in(output_dir, of_anyone);
  if (own.first.empty()) return "the sinks cpp_header and json write the decision as files";
  if (!selector.empty()) return fmt::format("list {} first under heuristics, then {}", selector, own.first);
  return own.first + (on_gpus ? "; configs/engines.yaml makes those of vLLM etc" : "");
}

}  // namespace arbiter
