#include "cpp_header/header_rules.hpp"

namespace arbiter {

namespace {

// What follows is C++17 of the header, not of this file.

constexpr const char* structures = R"(
// How many values of an axis have fewer bits than b: where to look for one of b bits.
struct Starts {
  short below[65];
};

struct Axis {
  const std::int64_t* values;  // ascending
  const short* starts;
  int count;
};

struct Grid {
  Axis hidden_sizes;
  Axis num_tokens;
  const short* cells;  // [hidden size][token count]: an index into strategies, or -1
};

struct Step {
  std::int64_t last_byte;  // inclusive
  int strategy;
};

struct Steps {
  const Step* first;
  int count;
};

// What answers for a tp size and a fusion, for each DType: an index, or -1.
struct Part {
  int grids[3];
  int steps[3];
};

constexpr int bits_of(std::int64_t value) {
#if defined(__GNUC__)
  return value > 0 ? 64 - __builtin_clzll(static_cast<unsigned long long>(value)) : 0;
#else
  int bits = 0;
  for (; value > 0; value /= 2) ++bits;
  return bits;
#endif
}

constexpr Starts starts_of(const std::int64_t* values, int count) {
  Starts starts{};
  for (int i = 0; i < count; ++i) {
    for (int bits = bits_of(values[i]) + 1; bits <= 64; ++bits) ++starts.below[bits];
  }
  return starts;
}
)";

constexpr const char* arithmetic = R"(
// Sizes end at the largest number; below 0 they are 0.
constexpr std::int64_t largest = INT64_MAX;

struct Wide {
  std::uint64_t high;
  std::uint64_t low;
};

// Whether products of numbers with all these bits fit.
constexpr bool are_small(std::int64_t bits) { return (bits >> 31) == 0; }

// a * b in 128 bits.
constexpr Wide multiply(std::int64_t a, std::int64_t b) {
  constexpr std::uint64_t half = 0xFFFFFFFFU;
  const std::uint64_t a_high = static_cast<std::uint64_t>(a) >> 32;
  const std::uint64_t a_low = static_cast<std::uint64_t>(a) & half;
  const std::uint64_t b_high = static_cast<std::uint64_t>(b) >> 32;
  const std::uint64_t b_low = static_cast<std::uint64_t>(b) & half;
  const std::uint64_t low = a_low * b_low;
  const std::uint64_t middle = a_high * b_low + (low >> 32);
  const std::uint64_t epilogue_state = a_low * b_high + (middle & half);
  return {a_high * b_high + (middle >> 32) + (epilogue_state >> 32), (epilogue_state << 32) | (low & half)};
}

constexpr std::int64_t product(std::int64_t a, std::int64_t b) {
  if (are_small(a | b)) return a * b;
  if (a <= 0 || b <= 0) return 0;
  const Wide whole = multiply(a, b);
  const bool fits = whole.high == 0 && whole.low <= static_cast<std::uint64_t>(largest);
  return fits ? static_cast<std::int64_t>(whole.low) : largest;
}

// The index of the first value that is at least `value`.
constexpr int first_not_below(const Axis& axis, std::int64_t value) {
  const int bits = bits_of(value);
  int first = axis.starts[bits];
  int count = axis.starts[bits + 1] - first;
  while (count > 4) {
    const int half = count / 2;
    if (axis.values[first + half] < value) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  for (; count > 0 && axis.values[first] < value; --count) ++first;
  return first;
}

constexpr int find(const Axis& axis, std::int64_t value) {
  const int index = first_not_below(axis, value);
  return index < axis.count && axis.values[index] == value ? index : -1;
}
)";

}  // namespace

std::string table_structures() { return structures + std::string(arithmetic); }

}  // namespace arbiter
