#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace arbiter::cuda {

/// 128 bits over bytes: two 64-bit hashes of different kinds (FNV-1a, and multiply-and-rotate over words). Against
/// accidents, not against somebody who looks for collisions.
using Hash = std::array<std::uint64_t, 2>;

[[nodiscard]] Hash hash_of(std::span<const std::byte> bytes);
[[nodiscard]] Hash hash_of(const std::string& text);

/// 32 hexadecimal digits.
[[nodiscard]] std::string to_string(const Hash& hash);

}  // namespace arbiter::cuda
