#include "arbiter/limits.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

namespace arbiter {

namespace {

constexpr double bytes_per_microsecond = 1e3;  // of one GB/s

bool is_rate(Limit limit) { return limit == Limit::push || limit == Limit::pull || limit == Limit::copy; }

}  // namespace

std::string_view name_of(Limit limit) {
  switch (limit) {
    case Limit::launch: return "launch";
    case Limit::one_way: return "one_way";
    case Limit::push: return "push";
    case Limit::pull: return "pull";
    case Limit::copy: return "copy";
  }
  return "unknown";
}

std::vector<int> LimitCase::peers_of(int rank, int ranks) const {
  if (!is_rate(limit)) return {};
  if (from != all) {
    const bool moves = rank == (limit == Limit::pull ? to : from);
    return moves ? std::vector<int>{limit == Limit::pull ? from : to} : std::vector<int>{};
  }
  std::vector<int> peers;
  for (int next = 1; next < ranks; ++next) peers.push_back((rank + next) % ranks);
  return peers;
}

std::vector<int> LimitCase::senders_to(int rank, int ranks) const {
  if (!is_rate(limit)) return {};
  if (from == all) return peers_of(rank, ranks);
  return rank == to ? std::vector<int>{from} : std::vector<int>{};
}

std::vector<LimitCase> usual_limit_cases(int ranks, std::span<const Limit> rates, std::span<const std::size_t> sizes,
                                         std::int64_t round_trips) {
  std::vector<LimitCase> cases{{}};
  for (int from = 0; from < ranks; ++from) {
    for (int to = from + 1; to < ranks; ++to) cases.push_back({Limit::one_way, from, to, 0, round_trips});
  }
  for (const Limit rate : rates) {
    for (int from = 0; from < ranks; ++from) {
      for (int to = 0; to < ranks; ++to) {
        if (to != from) cases.push_back({rate, from, to, sizes.back()});
      }
    }
    if (ranks < 2) continue;
    for (const std::size_t bytes : sizes) cases.push_back({rate, LimitCase::all, LimitCase::all, bytes});
  }
  return cases;
}

std::string missing_from(std::span<const std::uint64_t> words, int from) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == limit_pattern(from, i)) continue;
    return fmt::format("byte {} and later of what rank {} sent did not arrive", i * sizeof words[i], from);
  }
  return {};
}

double Limits::launch_us() const {
  for (const auto& row : rows_) {
    if (row.what.limit == Limit::launch) return row.value;
  }
  return Measurement::none;
}

double Limits::one_way_us() const {
  std::vector<double> times;
  for (const auto& row : rows_) {
    if (row.what.limit == Limit::one_way && !std::isnan(row.value)) times.push_back(row.value);
  }
  if (times.empty()) return Measurement::none;
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

double Limits::gigabytes_per_second() const {
  double best = Measurement::none;
  for (const auto& row : rows_) {
    if (is_rate(row.what.limit) && row.what.from == LimitCase::all) best = std::fmax(best, row.value);
  }
  return best;
}

double Limits::floor_us(const Problem& problem) const {
  if (problem.tp_size != tp_size_) return Measurement::none;
  if (tp_size_ == 1) return launch_us();
  const double peers = tp_size_ - 1;
  const double wire = static_cast<double>(problem.message_bytes()) / (gigabytes_per_second() * bytes_per_microsecond);
  const double half = peers / tp_size_ * wire;
  const double one_shot = peers * wire + one_way_us();
  const double two_shots = std::max(2 * half, half + one_way_us()) + one_way_us();
  // Not std::min, which drops a NaN on one side.
  const double moved = one_shot < two_shots ? one_shot : two_shots;
  return launch_us() + moved;
}

}  // namespace arbiter
