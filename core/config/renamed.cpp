#include "config/renamed.hpp"

#include <array>

#include <fmt/format.h>

namespace arbiter {

namespace {

struct Rename {
  std::string_view section;  ///< the first word of the path
  std::string_view before;   ///< the last
  std::string_view now;
};

constexpr std::array<Rename, 4> renames = {{{"measurement", "limits", "measurement.probe"},
                                            {"sinks", "floor_distance", "lower_bound_distance"},
                                            {"strategies", "alone", "exclusive_sm"},
                                            {"strategies", "spread", "target_blocks"}}};

}  // namespace

std::string renamed(std::string_view path) {
  const std::string_view section = path.substr(0, path.find('.'));
  const std::string_view word = path.substr(path.rfind('.') + 1);
  for (const auto& [where, before, now] : renames) {
    if (where == section && before == word) return fmt::format("; it is called {} now", now);
  }
  return {};
}

}  // namespace arbiter
