// SPDX-License-Identifier: Apache-2.0
#include "config/thresholds_file.hpp"

#include <charconv>
#include <limits>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr const char* nccl_key = "NCCL_num_token_threshold";
constexpr const char* two_shot_key = "TWO_SHOT_numel_threshold";

struct Thresholds {
  std::int64_t nccl_num_tokens = never;
  std::int64_t two_shot_numel = never;
};

class ThresholdsSelector : public Selector {
 public:
  ThresholdsSelector(std::string name, std::map<int, Thresholds> by_tp_size, const std::string& source)
      : name_(std::move(name)), by_tp_size_(std::move(by_tp_size)), report_("read from " + source) {}

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string report() const override { return report_; }
  [[nodiscard]] std::string select(const Problem& problem) const override {
    const auto found = by_tp_size_.find(problem.tp_size);
    if (found == by_tp_size_.end() || reaches(problem.num_tokens, 1, found->second.nccl_num_tokens)) return "NCCL";
    return reaches(problem.num_tokens, problem.hidden_size, found->second.two_shot_numel) ? "TWOSHOT" : "ONESHOT";
  }

 private:
  /// a * b >= threshold, also where the product is no number.
  static bool reaches(std::int64_t a, std::int64_t b, std::int64_t threshold) {
    if (threshold == never) return false;
    if (a <= 0 || b <= 0) return threshold <= 0;
    return a >= threshold / b + (threshold % b != 0 ? 1 : 0);
  }

  std::string name_;
  std::map<int, Thresholds> by_tp_size_;
  std::string report_;
};

[[noreturn]] void refuse(const std::string& file, const YAML::Mark& mark, const std::string& what) {
  throw DataError(fmt::format("{}:{}: {}", file, mark.line + 1, what));
}

std::int64_t number_of(const std::string& file, const YAML::Node& node, const std::string& key, std::int64_t lowest) {
  const std::string text = node.IsScalar() ? node.Scalar() : "a list or a map";
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < lowest) {
    refuse(file, node.Mark(), fmt::format("{}: found {}, allowed: a whole number of at least {}", key, text, lowest));
  }
  return value;
}

std::int64_t threshold_of(const std::string& file, const YAML::Node& pair, const char* key) {
  const YAML::Node node = pair[key];
  if (!node) refuse(file, pair.Mark(), fmt::format("found no {}, allowed: both it and its pair", key));
  return node.IsScalar() && node.Scalar() == "never" ? never : number_of(file, node, key, 0);
}

std::map<int, Thresholds> thresholds_in(const std::string& file, const YAML::Node& root) {
  constexpr const char* allowed = "a tp size and a map of NCCL_num_token_threshold and TWO_SHOT_numel_threshold";
  if (!root.IsMap()) refuse(file, root.Mark(), fmt::format("found no map, allowed: {}", allowed));
  std::map<int, Thresholds> result;
  for (const auto& entry : root) {
    const std::int64_t tp_size = number_of(file, entry.first, "tp size", 1);
    const YAML::Node& pair = entry.second;
    if (!pair.IsMap() || tp_size > std::numeric_limits<int>::max()) {
      refuse(file, entry.first.Mark(), fmt::format("tp size {}: allowed: {}", tp_size, allowed));
    }
    for (const auto& each : pair) {
      const std::string key = each.first.IsScalar() ? each.first.Scalar() : "a list or a map";
      if (key != nccl_key && key != two_shot_key) {
        refuse(file, each.first.Mark(), fmt::format("found {}, allowed: {}, {}", key, nccl_key, two_shot_key));
      }
    }
    const Thresholds thresholds{threshold_of(file, pair, nccl_key), threshold_of(file, pair, two_shot_key)};
    if (!result.emplace(static_cast<int>(tp_size), thresholds).second) {
      refuse(file, entry.first.Mark(), fmt::format("found tp size {} twice, allowed: once", tp_size));
    }
  }
  return result;
}

}  // namespace

bool holds_thresholds(const std::string& text) {
  // A decision.json may have such names in its texts.
  if (text.find("\"arbiter-decision\"") != std::string::npos) return false;
  return text.find(nccl_key) != std::string::npos || text.find(two_shot_key) != std::string::npos;
}

std::shared_ptr<const Selector> read_thresholds(const std::string& file, const std::string& text,
                                                const std::string& name) {
  try {
    return std::make_shared<ThresholdsSelector>(name, thresholds_in(file, YAML::Load(text)), file);
  } catch (const YAML::Exception& error) {
    refuse(file, error.mark, fmt::format("allowed: YAML; found: {}", error.msg));
  }
}

}  // namespace arbiter
