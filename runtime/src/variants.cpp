// SPDX-License-Identifier: Apache-2.0
// The names of a decision, as strategies with parameters. A decision.json has under "strategies" what each name is:
//   {"ONESHOT_PLAIN": {"strategy": "ONESHOT", "backend": "cuda", "parameters": {"programmatic": "false"}}}
#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "decision.hpp"

namespace arbiter::runtime {

namespace {

void set_path(Variant& variant, std::string_view strategy) {
  variant.path = strategy == "ONESHOT"   ? ARBITER_PATH_ONESHOT
                 : strategy == "TWOSHOT" ? ARBITER_PATH_TWOSHOT
                                         : ARBITER_PATH_NCCL;
  variant.parameters.polls_together = variant.path == ARBITER_PATH_ONESHOT;
}

int number_in(const std::string& text) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : -1;
}

/// False if the value is not one that the runtime knows.
bool set(cuda::TileParameters& variant, const std::string& parameter, const std::string& value) {
  const bool yes = value == "true" || value == "yes";
  if (parameter == "programmatic") {
    variant.programmatic = yes;
  } else if (parameter == "batch_invariant") {
    variant.batch_invariant = yes;
  } else if (parameter == "trigger") {
    const auto trigger = cuda::trigger_named(value);
    if (!trigger) return false;
    variant.trigger = *trigger;
  } else if (parameter == "exclusive_sm") {
    variant.exclusive_sm = value == "auto" ? -1 : yes ? 1 : 0;
  } else if (parameter == "blocks_per_row" && value == "auto") {
    variant.blocks_per_row = 0;
  } else {
    const int number = number_in(value);
    int* const field = parameter == "target_blocks"    ? &variant.target_blocks
                       : parameter == "flat_block"     ? &variant.flat_block
                       : parameter == "blocks_per_row" ? &variant.blocks_per_row
                                                       : nullptr;
    if (field == nullptr || number < 1) return false;
    *field = number;
  }
  return true;
}

std::string text_of(const nlohmann::json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

}  // namespace

void Decision::read_strategies(const nlohmann::json& strategies) {
  for (const auto& [name, entry] : strategies.items()) {
    Variant variant;
    variant.name = name;
    set_path(variant, entry.at("strategy").get<std::string>());
    if (entry.value("backend", "cuda") != "cuda") variant.path = ARBITER_PATH_NCCL;
    if (variant.path == ARBITER_PATH_NCCL) continue;
    const auto parameters = entry.value("parameters", nlohmann::json::object());
    for (const auto& [parameter, value] : parameters.items()) {
      if (!set(variant.parameters, parameter, text_of(value)) && variant.unknown.empty()) {
        variant.unknown = fmt::format("the runtime has no kernels for {}: {}", parameter, text_of(value));
      }
    }
    if (!variant.unknown.empty()) variant.path = ARBITER_PATH_NCCL;
    defined_.push_back(std::move(variant));
  }
}

/// Where a file does not say what a name is, it is the strategy of that name, or configs/engines.yaml's.
Decision::Index Decision::index_of(const std::string& name) {
  if (name == "NCCL") return 0;
  const auto known = std::ranges::find(variants_, name, &Variant::name);
  if (known != variants_.end()) return static_cast<Index>(known - variants_.begin());
  Variant variant;
  if (const auto defined = std::ranges::find(defined_, name, &Variant::name); defined != defined_.end()) {
    variant = *defined;
  } else {
    const bool plain = name.ends_with("_PLAIN");
    variant.name = name;
    set_path(variant, plain ? name.substr(0, name.size() - 6) : name);
    variant.parameters.programmatic = !plain;
    if (variant.path == ARBITER_PATH_NCCL) variant.unknown = "the runtime does not have it";
  }
  variants_.push_back(std::move(variant));
  return static_cast<Index>(variants_.size() - 1);
}

}  // namespace arbiter::runtime
