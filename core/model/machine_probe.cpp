// SPDX-License-Identifier: Apache-2.0
#include "arbiter/machine_probe.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

namespace arbiter {

namespace {

constexpr double bytes_per_microsecond = 1e3;  // of one GB/s

bool is_rate(ProbeKind kind) { return kind == ProbeKind::push || kind == ProbeKind::pull || kind == ProbeKind::copy; }

}  // namespace

std::string_view name_of(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::launch: return "launch";
    case ProbeKind::one_way: return "one_way";
    case ProbeKind::push: return "push";
    case ProbeKind::pull: return "pull";
    case ProbeKind::copy: return "copy";
  }
  return "unknown";
}

std::vector<int> ProbeCase::peers_of(int rank, int ranks) const {
  if (!is_rate(kind)) return {};
  if (from != all) {
    const bool moves = rank == (kind == ProbeKind::pull ? to : from);
    return moves ? std::vector<int>{kind == ProbeKind::pull ? from : to} : std::vector<int>{};
  }
  std::vector<int> peers;
  for (int next = 1; next < ranks; ++next) peers.push_back((rank + next) % ranks);
  return peers;
}

std::vector<int> ProbeCase::senders_to(int rank, int ranks) const {
  if (!is_rate(kind)) return {};
  if (from == all) return peers_of(rank, ranks);
  return rank == to ? std::vector<int>{from} : std::vector<int>{};
}

std::vector<ProbeCase> usual_probe_cases(int ranks, std::span<const ProbeKind> rates,
                                         std::span<const std::size_t> sizes, std::int64_t round_trips) {
  std::vector<ProbeCase> cases{{}};
  for (int from = 0; from < ranks; ++from) {
    for (int to = from + 1; to < ranks; ++to) cases.push_back({ProbeKind::one_way, from, to, 0, round_trips});
  }
  for (const ProbeKind rate : rates) {
    for (int from = 0; from < ranks; ++from) {
      for (int to = 0; to < ranks; ++to) {
        if (to != from) cases.push_back({rate, from, to, sizes.back()});
      }
    }
    if (ranks < 2) continue;
    for (const std::size_t bytes : sizes) cases.push_back({rate, ProbeCase::all, ProbeCase::all, bytes});
  }
  return cases;
}

std::string missing_from(std::span<const std::uint64_t> words, int from) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == probe_pattern(from, i)) continue;
    return fmt::format("byte {} and later of what rank {} sent did not arrive", i * sizeof words[i], from);
  }
  return {};
}

double MachineProbe::launch_us() const {
  for (const auto& row : rows_) {
    if (row.what.kind == ProbeKind::launch) return row.value;
  }
  return Measurement::none;
}

double MachineProbe::one_way_us() const {
  std::vector<double> times;
  for (const auto& row : rows_) {
    if (row.what.kind == ProbeKind::one_way && !std::isnan(row.value)) times.push_back(row.value);
  }
  if (times.empty()) return Measurement::none;
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

double MachineProbe::gigabytes_per_second() const {
  double best = Measurement::none;
  for (const auto& row : rows_) {
    if (is_rate(row.what.kind) && row.what.from == ProbeCase::all) best = std::fmax(best, row.value);
  }
  return best;
}

double MachineProbe::lower_bound_us(const Problem& problem, Context context) const {
  if (problem.tp_size != tp_size_) return Measurement::none;
  if (tp_size_ == 1) return launch_us();
  const double peers = tp_size_ - 1;
  const double wire = static_cast<double>(problem.message_bytes()) / (gigabytes_per_second() * bytes_per_microsecond);
  const double half = peers / tp_size_ * wire;
  if (context == Context::back_to_back) {
    const double moved = 2 * half;
    return moved > launch_us() || std::isnan(moved) ? moved + 0 * launch_us() : launch_us() + 0 * moved;
  }
  const double one_shot = peers * wire + one_way_us();
  const double two_shots = std::max(2 * half, half + one_way_us()) + one_way_us();
  // Not std::min, which drops a NaN on one side.
  const double moved = one_shot < two_shots ? one_shot : two_shots;
  return launch_us() + moved;
}

}  // namespace arbiter
