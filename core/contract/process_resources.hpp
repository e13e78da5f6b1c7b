#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace arbiter {

/// What a process holds that a leak adds to.
struct ProcessResources {
  std::int64_t descriptors = 0;
  std::int64_t mappings = 0;
  std::int64_t threads = 0;

  [[nodiscard]] static ProcessResources now();
};

/// Runs `round` until what libraries keep for themselves is there, then `rounds` times more. Empty, or what grew in
/// every round: "1 file descriptors a round". (Memory is the sanitizers' to watch.)
[[nodiscard]] std::string leak_of(int rounds, const std::function<void()>& round);

}  // namespace arbiter
