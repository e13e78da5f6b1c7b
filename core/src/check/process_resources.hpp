#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace arbiter {

/// What a process holds that a leak adds to.
struct ProcessResources {
  std::int64_t heap_bytes = 0;
  std::int64_t descriptors = 0;
  std::int64_t mappings = 0;
  std::int64_t threads = 0;

  [[nodiscard]] static ProcessResources now();
};

/// Runs `round` until what libraries keep for themselves is there, then `rounds` times more. Empty, or what grew in
/// every round: "64 bytes of heap a round". `bytes` is the growth of the heap in one round that is still no leak.
[[nodiscard]] std::string leak_of(int rounds, std::int64_t bytes, const std::function<void()>& round);

}  // namespace arbiter
