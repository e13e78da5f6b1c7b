#include "common/look_up_choice.hpp"

#include <array>

#include <fmt/format.h>

namespace arbiter {

LookUpChoice choose_look_up(const HeldOut& held_out) {
  if (!held_out.possible()) return {LookUp::nearest, {}, "nearest (no cell can be left out to compare rules)"};
  const HeldOutRegret nearest = held_out.regret(LookUp::nearest);
  const HeldOutRegret by_size = held_out.regret(LookUp::message_size);
  const bool size_wins = by_size.clearly_better_than(nearest);
  const LookUp best = size_wins ? LookUp::message_size : LookUp::nearest;
  return {best, size_wins ? by_size : nearest,
          fmt::format("{} (regret on cells left out of the fit, every other hidden size or token count: nearest "
                      "{}; message_size {})",
                      name_of(best), to_string(nearest), to_string(by_size))};
}

std::optional<LookUp> parse_look_up(const std::string& text) {
  for (const LookUp rule : std::array{LookUp::exact, LookUp::nearest, LookUp::message_size, LookUp::floor_log2}) {
    if (text == name_of(rule)) return rule;
  }
  return std::nullopt;
}

}  // namespace arbiter
