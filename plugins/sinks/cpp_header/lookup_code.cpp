// SPDX-License-Identifier: Apache-2.0
#include "cpp_header/lookup_code.hpp"

namespace arbiter {

namespace {

// The literals are C++17 of the header that is written, not of this file.

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
  const std::uint64_t carried = a_low * b_high + (middle & half);
  return {a_high * b_high + (middle >> 32) + (carried >> 32), (carried << 32) | (low & half)};
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

constexpr const char* exactly = R"(
constexpr int find_cell(const Grid& grid, std::int64_t num_tokens, std::int64_t hidden_size) {
  const int row = find(grid.hidden_sizes, hidden_size);
  const int column = find(grid.num_tokens, num_tokens);
  return row < 0 || column < 0 ? -1 : grid.cells[row * grid.num_tokens.count + column];
}
)";

constexpr const char* outwards = R"(
// log(value / below) <= log(above / value) without the logarithms: value^2 <= below * above.
constexpr bool nearer_below(std::int64_t value, std::int64_t below, std::int64_t above) {
  if (are_small(value | below | above)) return value * value <= below * above;
  const Wide square = multiply(value, value);
  const Wide bound = multiply(below, above);
  return square.high != bound.high ? square.high < bound.high : square.low <= bound.low;
}

// The same among the values times `unit`.
constexpr int first_not_below(const Axis& axis, std::int64_t value, std::int64_t unit) {
  if (unit <= 1 || value <= 0) return first_not_below(axis, value);
  return first_not_below(axis, (value - 1) / unit + 1);
}

// The index of the value (times unit) of an axis that is nearest to `value`; the axis has some.
constexpr int nearest(const Axis& axis, std::int64_t value, std::int64_t unit) {
  const int first = first_not_below(axis, value, unit);
  const int below = first - (first > 0 ? 1 : 0);
  const int above = first - (first == axis.count ? 1 : 0);
  if (unit == 1) return nearer_below(value, axis.values[below], axis.values[above]) ? below : above;
  return nearer_below(value, product(axis.values[below], unit), product(axis.values[above], unit)) ? below : above;
}

// Indices from the nearest to the farthest, then -1: what is needed where cells have no answer.
class NearestFirst {
 public:
  constexpr NearestFirst(const Axis& axis, std::int64_t value, std::int64_t unit)
      : axis_(axis), value_(value), unit_(unit), above_(first_not_below(axis, value, unit)), below_(above_) {}

  constexpr int next() {
    if (below_ == 0 && above_ == axis_.count) return -1;
    const bool take_below = below_ > 0 && (above_ == axis_.count || nearer_below(value_, at(below_ - 1), at(above_)));
    return take_below ? --below_ : above_++;
  }

 private:
  constexpr std::int64_t at(int index) const { return product(axis_.values[index], unit_); }

  Axis axis_;
  std::int64_t value_;
  std::int64_t unit_;
  int above_;
  int below_;  // one past the next smaller one
};

// `size` is compared with the tokens, or with the tokens times the hidden size of the row.
constexpr int nearest_cell(const Grid& grid, std::int64_t size, std::int64_t hidden_size, bool by_message_size) {
  if (grid.hidden_sizes.count == 0 || grid.num_tokens.count == 0) return -1;
  const int nearest_row = nearest(grid.hidden_sizes, hidden_size, 1);
  const std::int64_t unit = by_message_size ? grid.hidden_sizes.values[nearest_row] : 1;
  const int nearest_column = nearest(grid.num_tokens, size, unit);
  const int nearest_answer = grid.cells[nearest_row * grid.num_tokens.count + nearest_column];
  if (nearest_answer >= 0) return nearest_answer;
  NearestFirst rows(grid.hidden_sizes, hidden_size, 1);
  for (int row = rows.next(); row >= 0; row = rows.next()) {
    NearestFirst columns(grid.num_tokens, size, by_message_size ? grid.hidden_sizes.values[row] : 1);
    for (int column = columns.next(); column >= 0; column = columns.next()) {
      const int cell = grid.cells[row * grid.num_tokens.count + column];
      if (cell >= 0) return cell;
    }
  }
  return -1;
}
)";

constexpr const char* exact_rule = R"(
constexpr int look_up(const Grid& grid, std::int64_t num_tokens, std::int64_t hidden_size) {
  return find_cell(grid, num_tokens, hidden_size);
}
)";

constexpr const char* floor_log2_rule = R"(
constexpr std::int64_t power_of_two_below(std::int64_t value) {
  std::uint64_t bits = value < 1 ? 0 : static_cast<std::uint64_t>(value);
  for (int shift = 1; shift < 64; shift *= 2) bits |= bits >> shift;
  return static_cast<std::int64_t>(bits - (bits >> 1));
}

constexpr int look_up(const Grid& grid, std::int64_t num_tokens, std::int64_t hidden_size) {
  return find_cell(grid, power_of_two_below(num_tokens), power_of_two_below(hidden_size));
}
)";

constexpr const char* nearest_rule = R"(
constexpr int look_up(const Grid& grid, std::int64_t num_tokens, std::int64_t hidden_size) {
  return nearest_cell(grid, num_tokens < 0 ? 0 : num_tokens, hidden_size < 0 ? 0 : hidden_size, false);
}
)";

constexpr const char* message_size_rule = R"(
constexpr int look_up(const Grid& grid, std::int64_t num_tokens, std::int64_t hidden_size) {
  return nearest_cell(grid, product(num_tokens, hidden_size), hidden_size < 0 ? 0 : hidden_size, true);
}
)";

constexpr const char* selecting = R"(
constexpr int look_up(const Steps& steps, std::int64_t bytes) {
  int first = 0;
  int count = steps.count;
  while (count > 0) {
    const int half = count / 2;
    if (steps.first[first + half].last_byte < bytes) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first < steps.count ? steps.first[first].strategy : -1;
}

constexpr const Part* find_part(int tp_size, int fusion) {
  if (fusion < 0 || fusion >= fusion_end || fusion_columns[fusion] < 0) return nullptr;
  const int row = find(tp_axis, tp_size);
  return row < 0 ? nullptr : &parts[row * fusion_count + fusion_columns[fusion]];
}

}  // namespace detail

// The strategy for one shape; never fails, also for shapes, tp sizes and fusions that were never measured.
constexpr Strategy select(int tp_size, Fusion fusion, std::int64_t num_tokens, std::int64_t hidden_size, DType dtype) {
  const int format = static_cast<int>(dtype);
  const detail::Part* part = detail::find_part(tp_size, static_cast<int>(fusion));
  if (part == nullptr || format < 0 || format > 2) return detail::fallback;
  int answer = -1;
  if (part->grids[format] >= 0) {
    answer = detail::look_up(detail::all_grids[part->grids[format]], num_tokens, hidden_size);
  } else if (part->steps[format] >= 0) {
    const std::int64_t bytes = detail::product(detail::product(num_tokens, hidden_size), format == 2 ? 4 : 2);
    answer = detail::look_up(detail::all_steps[part->steps[format]], bytes);
  }
  return answer < 0 ? detail::fallback : detail::strategies[answer];
}

// The same for bfloat16.
constexpr Strategy select(int tp_size, Fusion fusion, std::int64_t num_tokens, std::int64_t hidden_size) {
  return select(tp_size, fusion, num_tokens, hidden_size, DType::bfloat16);
}
)";

}  // namespace

std::string table_structures() { return structures + std::string(arithmetic); }

namespace {

std::string grid_rule(LookUp look_up) {
  switch (look_up) {
    case LookUp::exact: return "// Only shapes of the grid have an answer of their own; others get the fallback.\n";
    case LookUp::nearest:
      return "// A shape off the grid gets the answer of the nearest hidden size, and there of the nearest number of "
             "tokens.\n"
             "// Distances are of logarithms, of two equally near values the smaller one; cells without an answer are "
             "passed\n"
             "// over.\n";
    case LookUp::message_size:
      return "// A shape off the grid gets the answer of the nearest hidden size, and there of the number of tokens "
             "whose\n"
             "// message is nearest in size. Distances are of logarithms, of two equally near values the smaller one; "
             "cells\n"
             "// without an answer are passed over.\n";
    case LookUp::floor_log2:
      return "// A shape is rounded down to powers of two, in tokens and in hidden size; the fallback where that is no "
             "cell.\n";
  }
  return {};
}

}  // namespace

std::string rules_in_words(const DecisionTable& table) {
  const bool only_steps = table.grids.empty() && !table.steps.empty();
  std::string text = only_steps ? "" : grid_rule(table.look_up);
  if (table.steps.empty()) return text;
  text += only_steps ? "// By message bytes: " : "// A tp size and fusion without a grid, by message bytes: ";
  return text + "the first step whose last byte is at least the message's.\n";
}

std::string look_up_code(LookUp look_up) {
  std::string text;
  switch (look_up) {
    case LookUp::exact: text += exactly + std::string(exact_rule); break;
    case LookUp::floor_log2: text += exactly + std::string(floor_log2_rule); break;
    case LookUp::nearest: text += outwards + std::string(nearest_rule); break;
    case LookUp::message_size: text += outwards + std::string(message_size_rule); break;
  }
  return text + selecting;
}

}  // namespace arbiter
