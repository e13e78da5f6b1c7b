// SPDX-License-Identifier: Apache-2.0
#include "link/cache_entry.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter::cuda {

namespace {

std::uint64_t fnv_1a(std::span<const std::byte> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const std::byte byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3U;
  return hash;
}

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

std::uint64_t by_words(std::span<const std::byte> bytes) {
  std::uint64_t hash = mix(bytes.size() + 0x9e3779b97f4a7c15U);
  for (; !bytes.empty(); bytes = bytes.subspan(bytes.size() < 8 ? bytes.size() : 8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), bytes.size() < 8 ? bytes.size() : 8);
    hash = std::rotl(hash ^ mix(word), 27) * 0x9e3779b97f4a7c15U + 0x52dce729U;
  }
  return mix(hash);
}

/// A file: this header, then key, log and cubin.
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

Hash hash_of(std::span<const std::byte> bytes) { return {fnv_1a(bytes), by_words(bytes)}; }

Hash hash_of(const std::string& text) { return hash_of(std::as_bytes(std::span(text))); }

std::string to_string(const Hash& hash) { return fmt::format("{:016x}{:016x}", hash[0], hash[1]); }

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
