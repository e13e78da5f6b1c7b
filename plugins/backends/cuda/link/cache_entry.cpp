#include "link/cache_entry.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "arbiter/error.hpp"
#include "link/hash.hpp"

namespace arbiter::cuda {

namespace {

struct Header {
  char magic[8];
  std::uint64_t key_bytes, log_bytes, cubin_bytes;
  Hash checksum;  ///< of all that follows
};

constexpr char magic[8] = {'a', 'r', 'b', 'c', 'u', 'b', 'i', 'n'};

std::string text_of(std::span<const std::byte> bytes) {
  std::string text(bytes.size(), '\0');
  std::memcpy(text.data(), bytes.data(), bytes.size());
  return text;
}

}  // namespace

std::vector<std::byte> encode_entry(const std::string& key, const LinkedCode& code) {
  std::vector<std::byte> entry(sizeof(Header) + key.size() + code.log.size() + code.cubin.size());
  std::size_t at = sizeof(Header);
  for (const auto& part :
       {std::as_bytes(std::span(key)), std::as_bytes(std::span(code.log)), std::as_bytes(std::span(code.cubin))}) {
    std::copy(part.begin(), part.end(), entry.begin() + static_cast<std::ptrdiff_t>(at));
    at += part.size();
  }
  Header header{.magic = {},
                .key_bytes = key.size(),
                .log_bytes = code.log.size(),
                .cubin_bytes = code.cubin.size(),
                .checksum = hash_of(std::span<const std::byte>(entry).subspan(sizeof(Header)))};
  std::memcpy(header.magic, magic, sizeof magic);
  std::memcpy(entry.data(), &header, sizeof header);
  return entry;
}

std::optional<LinkedCode> decode_entry(const std::string& key, std::span<const std::byte> entry) {
  Header header{};
  if (entry.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, entry.data(), sizeof header);
  const auto body = entry.subspan(sizeof header);
  if (std::memcmp(header.magic, magic, sizeof magic) != 0 || header.key_bytes != key.size() ||
      header.key_bytes > body.size() || header.log_bytes > body.size() - header.key_bytes ||
      header.cubin_bytes != body.size() - header.key_bytes - header.log_bytes || header.checksum != hash_of(body)) {
    return std::nullopt;
  }
  if (text_of(body.first(header.key_bytes)) != key) return std::nullopt;
  const auto cubin = body.last(header.cubin_bytes);
  try {
    return linked_code({cubin.begin(), cubin.end()}, text_of(body.subspan(header.key_bytes, header.log_bytes)));
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace arbiter::cuda
