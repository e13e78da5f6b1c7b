#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "link/linked_code.hpp"

namespace arbiter::cuda {

/// An entry of the cache as bytes: what was asked, in full, and what the linker made of it.
[[nodiscard]] std::vector<std::byte> encode_entry(const std::string& key, const LinkedCode& code);

/// Nothing unless the bytes are a whole, undamaged entry for `key`.
[[nodiscard]] std::optional<LinkedCode> decode_entry(const std::string& key, std::span<const std::byte> entry);

}  // namespace arbiter::cuda
