#include "link/hash.hpp"

#include <bit>
#include <cstring>

#include <fmt/format.h>

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

}  // namespace

Hash hash_of(std::span<const std::byte> bytes) { return {fnv_1a(bytes), by_words(bytes)}; }

Hash hash_of(const std::string& text) { return hash_of(std::as_bytes(std::span(text))); }

std::string to_string(const Hash& hash) { return fmt::format("{:016x}{:016x}", hash[0], hash[1]); }

}  // namespace arbiter::cuda
