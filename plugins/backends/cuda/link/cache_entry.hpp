// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "link/linked_code.hpp"

namespace arbiter::cuda {

/// 128 bits: two 64-bit hashes of different kinds (FNV-1a, and multiply-and-rotate over words). Protects against
/// accidents, not against deliberate collisions.
using Hash = std::array<std::uint64_t, 2>;

[[nodiscard]] Hash hash_of(std::span<const std::byte> bytes);
[[nodiscard]] Hash hash_of(const std::string& text);
/// 32 hexadecimal digits.
[[nodiscard]] std::string to_string(const Hash& hash);

/// The file of a link: its key, in full, and its result.
[[nodiscard]] std::vector<std::byte> encode_entry(const std::string& key, const LinkedCode& code);
/// Nothing unless the bytes are a complete, undamaged file for `key`.
[[nodiscard]] std::optional<LinkedCode> decode_entry(const std::string& key, std::span<const std::byte> entry);

}  // namespace arbiter::cuda
