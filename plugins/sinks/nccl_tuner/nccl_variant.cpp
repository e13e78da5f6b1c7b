#include "nccl_tuner/nccl_variant.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <regex>
#include <utility>

namespace arbiter::nccl_tuner {

namespace {

constexpr std::array<std::pair<const char*, const char*>, 6> algorithms{{{"RING", "ring"},
                                                                         {"TREE", "tree"},
                                                                         {"NVLS", "nvls"},
                                                                         {"NVLSTREE", "nvls_tree"},
                                                                         {"COLLNETDIRECT", "collnet_direct"},
                                                                         {"COLLNETCHAIN", "collnet_chain"}}};

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

}  // namespace

std::optional<Variant> variant_of(const std::string& strategy) {
  static const std::regex form("NCCL_([A-Z]+)_(LL|LL128|SIMPLE)_([1-9][0-9]?)CH");
  std::smatch parts;
  if (!std::regex_match(strategy, parts, form)) return std::nullopt;
  const auto algorithm =
      std::ranges::find_if(algorithms, [&](const auto& entry) { return parts[1].str() == entry.first; });
  const int channels = std::stoi(parts[3].str());
  if (algorithm == algorithms.end() || channels > 64) return std::nullopt;
  return Variant{algorithm->second, lower_case(parts[2].str()), channels};
}

}  // namespace arbiter::nccl_tuner
