#pragma once

#include <string>
#include <utility>

namespace arbiter {

/// Whether a strategy or a fusion can do a problem, and if not, why: the text is shown to people.
struct Support {
  bool ok = true;
  std::string reason;

  static Support yes() { return {}; }
  static Support no(std::string why) { return {false, std::move(why)}; }
  explicit operator bool() const { return ok; }
};

}  // namespace arbiter
