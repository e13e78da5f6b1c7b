#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace arbiter::cuda {

/// Tells buffers apart that have had the same address one after the other. One thread per rank.
class BufferNumbers {
 public:
  static BufferNumbers& of_process() {
    static BufferNumbers numbers;
    return numbers;
  }

  void add(const void* data, std::size_t bytes) { buffers_[address(data)] = {address(data) + bytes, ++last_}; }
  void remove(const void* data) { buffers_.erase(address(data)); }

  /// 0 for an address in no buffer.
  [[nodiscard]] std::uint64_t number_of(const void* where) const {
    auto next = buffers_.upper_bound(address(where));
    if (next == buffers_.begin()) return 0;
    const auto& [begin, buffer] = *--next;
    return address(where) < buffer.end ? buffer.number : 0;
  }

 private:
  struct Numbered {
    std::uintptr_t end = 0;
    std::uint64_t number = 0;
  };
  static std::uintptr_t address(const void* data) { return reinterpret_cast<std::uintptr_t>(data); }

  std::map<std::uintptr_t, Numbered> buffers_;  // by first address
  std::uint64_t last_ = 0;
};

}  // namespace arbiter::cuda
