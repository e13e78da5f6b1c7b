// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "arbiter/process_group.hpp"

namespace arbiter::cuda {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : value_(other.value_) { other.value_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;

  [[nodiscard]] int get() const { return value_; }

 private:
  int value_ = -1;
};

/// What a rank sends to its peers: a file descriptor, and a number that belongs to it.
struct Handed {
  Descriptor descriptor;
  std::uint64_t number = 0;
};

/// Collective, on one host. Every rank receives what its peers send, by rank; its own entry stays empty. Throws Error
/// on every rank if one of them does not receive everything within 10 s.
[[nodiscard]] std::vector<Handed> exchange_descriptors(ProcessGroup& group, int own, std::uint64_t number);

}  // namespace arbiter::cuda
