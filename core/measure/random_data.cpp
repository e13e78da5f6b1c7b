#include "measure/random_data.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "arbiter/host/row_kernels.hpp"

namespace arbiter {

namespace {

constexpr std::int64_t block = 1024;

/// The finaliser of SplitMix64: every input bit reaches every output bit.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

void random_floats(const RandomStream& stream, std::int64_t first, std::int64_t count, float* out) {
  const std::uint64_t key = mix(mix(stream.seed + 1) ^ (stream.stream * 0x9e3779b97f4a7c15U));
  const auto low = static_cast<float>(stream.low);
  const auto range = static_cast<float>(stream.high - stream.low);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint64_t bits = mix(key + static_cast<std::uint64_t>(first + i) * 0x9e3779b97f4a7c15U);
    out[i] = low + range * (static_cast<float>(static_cast<std::int32_t>(bits >> 40U)) * 0x1p-24F);
  }
}

/// Calls `use(offset, count, floats)` for blocks that fit into the first-level cache.
template <class Use>
void for_blocks(const RandomStream& stream, std::int64_t first, std::int64_t count, const Use& use) {
  std::array<float, block> floats{};
  for (std::int64_t offset = 0; offset < count; offset += block) {
    const std::int64_t part = std::min(block, count - offset);
    random_floats(stream, first + offset, part, floats.data());
    use(offset, part, floats.data());
  }
}

}  // namespace

void random_elements(const RandomStream& stream, DType dtype, std::int64_t first, std::int64_t count, void* out) {
  const auto& kernels = row_kernels(dtype);
  auto* bytes = static_cast<std::byte*>(out);
  for_blocks(stream, first, count, [&](std::int64_t offset, std::int64_t part, const float* floats) {
    kernels.store(floats, bytes + offset * size_of(dtype), part);
  });
}

void add_random_elements(const RandomStream& stream, DType dtype, std::int64_t first, std::int64_t count, double* sum,
                         double* magnitude) {
  const auto& kernels = row_kernels(dtype);
  std::array<float, block> stored{};
  std::array<float, block> exact{};
  for_blocks(stream, first, count, [&](std::int64_t offset, std::int64_t part, const float* floats) {
    kernels.store(floats, stored.data(), part);
    kernels.load(stored.data(), exact.data(), part);
    for (std::int64_t i = 0; i < part; ++i) {
      const double value = exact[static_cast<std::size_t>(i)];
      sum[offset + i] += value;
      magnitude[offset + i] += std::abs(value);
    }
  });
}

}  // namespace arbiter
