#include "measure/message_data.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "arbiter/host/number_formats.hpp"
#include "arbiter/host/row_kernels.hpp"
#include "measure/random_data.hpp"

namespace arbiter {

namespace {

constexpr std::uint64_t pattern_stream = std::uint64_t{1} << 40U;

enum class Hostility : std::uint8_t {
  nan,
  infinity,
  both_infinities,
  negative_zeros,
  zeros,
  subnormals,
  largest,
  count
};

/// What `rank` has where an element is special_values; drawn from `die`, which is the same on every rank.
float hostile_value(std::uint32_t die, const Problem& problem, int rank) {
  const auto grid = grid_of(problem.dtype);
  const auto kind = static_cast<Hostility>(die % static_cast<std::uint32_t>(Hostility::count));
  const auto ranks = static_cast<std::uint32_t>(problem.tp_size);
  const auto chosen = static_cast<int>(die / 16 % ranks);
  const float sign = (die / 8192) % 2 == 0 ? 1.0F : -1.0F;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  switch (kind) {
    case Hostility::nan: return rank == chosen ? std::numeric_limits<float>::quiet_NaN() : 1.0F;
    case Hostility::infinity: return rank == chosen ? sign * infinity : -sign;
    case Hostility::both_infinities:
      return rank == chosen ? infinity : (rank == (chosen + 1) % problem.tp_size ? -infinity : 0.5F);
    case Hostility::negative_zeros: return -0.0F;
    case Hostility::zeros: return rank == chosen ? -0.0F : 0.0F;
    case Hostility::subnormals: return sign * static_cast<float>(grid.subnormal_spacing) * static_cast<float>(rank + 1);
    case Hostility::largest: return rank == chosen ? sign * static_cast<float>(grid.largest) : 0.0F;
    case Hostility::count: break;
  }
  return 0.0F;
}

/// One element in four is special_values: `replace(offset, value)` for each.
template <class Replace>
void for_hostile_elements(const TestData& data, const Problem& problem, int rank, std::int64_t first,
                          std::int64_t count, const Replace& replace) {
  std::vector<float> dice(static_cast<std::size_t>(count));
  random_elements({data.seed, pattern_stream, 0.0, 65536.0}, DType::float32, first, count, dice.data());
  for (std::int64_t i = 0; i < count; ++i) {
    const auto die = static_cast<std::uint32_t>(dice[static_cast<std::size_t>(i)]);
    if (die % 4 == 0) replace(i, hostile_value(die / 4, problem, rank));
  }
}

RandomStream stream_of(const TestData& data, int rank) { return {data.seed, static_cast<std::uint64_t>(rank)}; }

}  // namespace

void message_elements(const TestData& data, const Problem& problem, int rank, std::int64_t first, std::int64_t count,
                      void* out) {
  random_elements(stream_of(data, rank), problem.dtype, first, count, out);
  if (!data.special_values) return;
  const auto& kernels = row_kernels(problem.dtype);
  auto* const bytes = static_cast<std::byte*>(out);
  for_hostile_elements(data, problem, rank, first, count, [&](std::int64_t i, float value) {
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
