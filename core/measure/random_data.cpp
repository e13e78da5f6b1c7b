// SPDX-License-Identifier: Apache-2.0
#include "measure/random_data.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "arbiter/export.hpp"
#include "arbiter/host/number_formats.hpp"
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

/// Of the stream with this key; values are between `low` and `low + range`.
ARBITER_TARGET_CLONES void random_floats(std::uint64_t key, float low, float range, std::int64_t first,
                                         std::int64_t count, float* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint64_t bits = mix(key + static_cast<std::uint64_t>(first + i) * 0x9e3779b97f4a7c15U);
    out[i] = low + range * (static_cast<float>(static_cast<std::int32_t>(bits >> 40U)) * 0x1p-24F);
  }
}

ARBITER_TARGET_CLONES void add_exactly(const float* values, std::int64_t count, double* sum, double* magnitude) {
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = values[i];
    sum[i] += value;
    magnitude[i] += std::abs(value);
  }
}

/// Calls `use(offset, count, floats)` for blocks that fit into the first-level cache.
template <class Use>
void for_blocks(const RandomStream& stream, std::int64_t first, std::int64_t count, const Use& use) {
  const std::uint64_t key = mix(mix(stream.seed + 1) ^ (stream.stream * 0x9e3779b97f4a7c15U));
  const auto low = static_cast<float>(stream.low);
  const auto range = static_cast<float>(stream.high - stream.low);
  std::array<float, block> floats{};
  for (std::int64_t offset = 0; offset < count; offset += block) {
    const std::int64_t part = std::min(block, count - offset);
    random_floats(key, low, range, first + offset, part, floats.data());
    use(offset, part, floats.data());
  }
}

constexpr std::uint64_t pattern_stream = std::uint64_t{1} << 40U;

enum class SpecialValue : std::uint8_t {
  nan,
  infinity,
  both_infinities,
  negative_zeros,
  zeros,
  subnormals,
  largest,
  count
};

/// The special value of `rank` in an element. `die` is a random number that is the same on every rank.
float special_value(std::uint32_t die, const Problem& problem, int rank) {
  const auto grid = grid_of(problem.dtype);
  const auto kind = static_cast<SpecialValue>(die % static_cast<std::uint32_t>(SpecialValue::count));
  const auto ranks = static_cast<std::uint32_t>(problem.tp_size);
  const auto chosen = static_cast<int>(die / 16 % ranks);
  const float sign = (die / 8192) % 2 == 0 ? 1.0F : -1.0F;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  switch (kind) {
    case SpecialValue::nan: return rank == chosen ? std::numeric_limits<float>::quiet_NaN() : 1.0F;
    case SpecialValue::infinity: return rank == chosen ? sign * infinity : -sign;
    case SpecialValue::both_infinities:
      return rank == chosen ? infinity : (rank == (chosen + 1) % problem.tp_size ? -infinity : 0.5F);
    case SpecialValue::negative_zeros: return -0.0F;
    case SpecialValue::zeros: return rank == chosen ? -0.0F : 0.0F;
    case SpecialValue::subnormals:
      return sign * static_cast<float>(grid.subnormal_spacing) * static_cast<float>(rank + 1);
    case SpecialValue::largest: return rank == chosen ? sign * static_cast<float>(grid.largest) : 0.0F;
    case SpecialValue::count: break;
  }
  return 0.0F;
}

/// Calls `replace(offset, value)` for every special element, which is one in four.
template <class Replace>
void for_special_elements(const TestData& data, const Problem& problem, int rank, std::int64_t first,
                          std::int64_t count, const Replace& replace) {
  std::vector<float> dice(static_cast<std::size_t>(count));
  random_elements({data.seed, pattern_stream, 0.0, 65536.0}, DType::float32, first, count, dice.data());
  for (std::int64_t i = 0; i < count; ++i) {
    const auto die = static_cast<std::uint32_t>(dice[static_cast<std::size_t>(i)]);
    if (die % 4 == 0) replace(i, special_value(die / 4, problem, rank));
  }
}

RandomStream stream_of(const TestData& data, int rank) { return {data.seed, static_cast<std::uint64_t>(rank)}; }

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
    add_exactly(exact.data(), part, sum + offset, magnitude + offset);
  });
}

void message_elements(const TestData& data, const Problem& problem, int rank, std::int64_t first, std::int64_t count,
                      void* out) {
  random_elements(stream_of(data, rank), problem.dtype, first, count, out);
  if (!data.special_values) return;
  const auto& kernels = row_kernels(problem.dtype);
  auto* const bytes = static_cast<std::byte*>(out);
  for_special_elements(data, problem, rank, first, count, [&](std::int64_t i, float value) {
    kernels.store(&value, bytes + i * size_of(problem.dtype), 1);
  });
}

void add_message_elements(const TestData& data, const Problem& problem, int rank, std::int64_t first,
                          std::int64_t count, double* sum, double* magnitude) {
  if (!data.special_values) {
    add_random_elements(stream_of(data, rank), problem.dtype, first, count, sum, magnitude);
    return;
  }
  const auto& kernels = row_kernels(problem.dtype);
  std::vector<std::byte> stored(static_cast<std::size_t>(count * size_of(problem.dtype)));
  std::vector<float> exact(static_cast<std::size_t>(count));
  message_elements(data, problem, rank, first, count, stored.data());
  kernels.load(stored.data(), exact.data(), count);
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = exact[static_cast<std::size_t>(i)];
    sum[i] += value;
    if (std::isfinite(value)) magnitude[i] += std::abs(value);
  }
}

}  // namespace arbiter
