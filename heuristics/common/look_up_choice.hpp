#pragma once

#include <optional>
#include <string>

#include "arbiter/decision_table.hpp"
#include "common/folds.hpp"

namespace arbiter {

/// A rule and why it was taken, for a person.
struct LookUpChoice {
  LookUp look_up = LookUp::nearest;
  HeldOutRegret regret;
  std::string text;
};

/// `nearest` or `message_size`, whichever has the less regret on cells left out; `nearest` where that cannot be told.
[[nodiscard]] LookUpChoice choose_look_up(const HeldOut& held_out);

/// "nearest" and so on; nothing for "auto". The text is one of those.
[[nodiscard]] std::optional<LookUp> parse_look_up(const std::string& text);

}  // namespace arbiter
