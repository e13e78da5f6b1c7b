#pragma once

#include <cstddef>
#include <string>

#include "arbiter/process_group.hpp"

namespace arbiter {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool valid() const { return number_ >= 0; }

 private:
  int number_;
};

/// Collective. The same memory file of `bytes`, already backed by memory, on every rank. It never has a name: the ranks
/// open it through the /proc entry of rank 0. Invalid on every rank where /proc does not allow that; throws
/// SystemError on every rank if the memory cannot be had.
[[nodiscard]] Descriptor open_nameless_segment(ProcessGroup& group, std::size_t bytes);

/// Collective. The same through a random name in /dev/shm, which is gone when the call ends, however it ends.
/// Throws SystemError on every rank.
[[nodiscard]] Descriptor open_named_segment(ProcessGroup& group, std::size_t bytes);

/// Collective. Throws the same SystemError on every rank if `error_number` is not zero on one; `action` is that rank's.
void agree_on_success(ProcessGroup& group, const std::string& action, int error_number);

}  // namespace arbiter
