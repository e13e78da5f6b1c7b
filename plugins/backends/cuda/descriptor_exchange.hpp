#pragma once

#include <cstdint>
#include <vector>

#include "arbiter/process_group.hpp"

namespace arbiter::cuda {

/// Closes itself.
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

/// What one rank hands to the others: a descriptor, and a number that goes with it.
struct Handed {
  Descriptor descriptor;
  std::uint64_t number = 0;
};

/// Collective, on one host. Every rank gets what the others hand over, by rank; its own place stays empty. Throws Error
/// on every rank if one does not get everything within some seconds.
[[nodiscard]] std::vector<Handed> exchange_descriptors(ProcessGroup& group, int own, std::uint64_t number);

}  // namespace arbiter::cuda
