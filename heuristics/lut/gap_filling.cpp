#include "lut/gap_filling.hpp"

#include <cmath>
#include <limits>

namespace arbiter {

namespace {

double log_of(std::int64_t value) { return std::log2(static_cast<double>(value)); }

double square(double value) { return value * value; }

}  // namespace

std::size_t fill_gaps(LabelChoice& choice, const LogAxis& hidden, const LogAxis& tokens) {
  std::vector<std::size_t> known;
  std::vector<std::size_t> gaps;
  for (std::size_t cell = 0; cell < choice.rows * choice.columns; ++cell) {
    bool any = false;
    for (std::size_t k = 0; k < choice.labels; ++k) any = any || choice.allowed[choice.at(cell, k)];
    (any ? known : gaps).push_back(cell);
  }
  for (const std::size_t gap : gaps) {
    std::size_t nearest = known.front();
    double least = std::numeric_limits<double>::infinity();
    for (const std::size_t cell : known) {
      const double distance = square(log_of(hidden[cell / choice.columns]) - log_of(hidden[gap / choice.columns])) +
                              square(log_of(tokens[cell % choice.columns]) - log_of(tokens[gap % choice.columns]));
      if (distance >= least) continue;
      least = distance;
      nearest = cell;
    }
    for (std::size_t k = 0; k < choice.labels; ++k) {
      choice.allowed[choice.at(gap, k)] = choice.allowed[choice.at(nearest, k)];
    }
  }
  return gaps.size();
}

}  // namespace arbiter
