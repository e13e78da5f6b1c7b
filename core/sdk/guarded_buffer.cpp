// SPDX-License-Identifier: Apache-2.0
#include "arbiter/guarded_buffer.hpp"

#include <algorithm>
#include <array>

namespace arbiter {

GuardsMemory::~GuardsMemory() = default;

GuardedBuffer::GuardedBuffer(Backend& backend, std::size_t bytes)
    : backend_(backend), bytes_(bytes), buffer_(backend.allocate(bytes + 2 * guard_bytes)) {
  fill_guards();
}

void* GuardedBuffer::data() const { return static_cast<std::byte*>(buffer_->data()) + guard_bytes; }

bool GuardedBuffer::take_intact() {
  std::array<std::byte, 2 * guard_bytes> guards{};
  const auto* const begin = static_cast<const std::byte*>(buffer_->data());
  backend_.copy_out(guards.data(), begin, guard_bytes);
  backend_.copy_out(guards.data() + guard_bytes, begin + guard_bytes + bytes_, guard_bytes);
  const bool intact = std::ranges::all_of(guards, [](std::byte byte) { return byte == std::byte{guard_value}; });
  if (!intact) fill_guards();
  return intact;
}

void GuardedBuffer::fill_guards() {
  auto* const begin = static_cast<std::byte*>(buffer_->data());
  backend_.fill(begin, guard_value, guard_bytes);
  backend_.fill(begin + guard_bytes + bytes_, guard_value, guard_bytes);
}

}  // namespace arbiter
