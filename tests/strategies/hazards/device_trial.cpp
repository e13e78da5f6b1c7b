// SPDX-License-Identifier: Apache-2.0
#include "strategies/hazards/device_trial.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string_view>

#include <fmt/format.h>

namespace arbiter::testing {

namespace {

constexpr unsigned char poison = 0xa5;  // of Trial's guards

std::int64_t unit_at(const std::vector<std::byte>& bytes, std::size_t at, std::size_t unit) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &bytes[at], unit);
  return bits;
}

/// How many steps of its dtype an output may be from the host's, on account of the row's scalar.
std::int64_t steps_allowed(const TensorSpec& spec) {
  if (spec.name == "reduced" || spec.name == "residual_out") return 0;
  return spec.dtype == DType::float32 ? 64 : 1;
}

}  // namespace

DeviceTrial::DeviceTrial(Backend& backend, const Problem& problem, const Fusion& fusion, Data data, std::uint64_t seed,
                         int offset)
    : backend_(backend), trial_(problem, fusion, data, seed), offset_(offset), wanted_(trial_.expected()) {
  std::size_t end = 0;
  const auto place = [&end](std::size_t bytes, std::size_t shift) {
    const std::size_t begin = (end + 255) / 256 * 256 + shift;
    end = begin + bytes;
    return begin;
  };
  const auto shift_of = [&](DType dtype) { return static_cast<std::size_t>(offset * size_of(dtype)); };
  input_ = place(trial_.message().size(), shift_of(problem.dtype));
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    places_.push_back(place(wanted_[i].size(), shift_of(trial_.specs()[i].dtype)));
    wanted_places_.push_back(is_output(i) ? place(wanted_[i].size(), 0) : 0);
  }
  memory_ = backend.allocate(end);
  backend.fill(memory_->data(), poison, end);
  restore_input();
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    pointers_.push_back(at(places_[i]));
    if (!is_output(i)) backend.copy_in(pointers_[i], wanted_[i].data(), wanted_[i].size());
  }
}

bool DeviceTrial::is_output(std::size_t tensor) const { return trial_.specs()[tensor].role == TensorRole::output; }

void DeviceTrial::poison_outputs() {
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    if (is_output(i)) backend_.fill(pointers_[i], poison, wanted_[i].size());
  }
}

void DeviceTrial::spoil_input() { backend_.fill(at(input_), poison, trial_.message().size()); }

void DeviceTrial::restore_input() { backend_.copy_in(at(input_), trial_.message().data(), trial_.message().size()); }

DeviceTrial::Bytes DeviceTrial::output(std::size_t tensor) const {
  Bytes bytes(wanted_[tensor].size());
  backend_.copy_out(bytes.data(), pointers_[tensor], bytes.size());
  return bytes;
}

std::string DeviceTrial::difference() const {
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    if (!is_output(i)) continue;
    if (std::string difference = first_difference(i, output(i)); !difference.empty()) return difference;
  }
  return {};
}

std::string DeviceTrial::first_difference(std::size_t tensor, const Bytes& actual) const {
  const Bytes& wanted = wanted_[tensor];
  if (actual == wanted) return {};
  const TensorSpec& spec = trial_.specs()[tensor];
  // Four bits that follow a block's scale have no order of their own.
  const bool any = !settled_ && spec.dtype == DType::float4_e2m1x2;
  const std::int64_t allowed = settled_ ? 0 : steps_allowed(spec);
  const auto unit = static_cast<std::size_t>(size_of(spec.dtype));
  const auto end = static_cast<std::size_t>(spec.bytes());
  std::size_t first = actual.size();
  std::size_t count = 0;
  for (std::size_t at = 0; at < actual.size(); at += unit) {
    const std::int64_t steps = std::abs(unit_at(actual, at, unit) - unit_at(wanted, at, unit));
    if (steps == 0 || (at < end && (any || steps <= allowed))) continue;
    if (count++ == 0) first = at;
  }
  if (count == 0) return {};
  const auto row_units = std::max<std::int64_t>(1, spec.units / std::max<std::int64_t>(1, problem().num_tokens));
  const auto index = static_cast<std::int64_t>(first / unit);
  return fmt::format(
      "{}, offset {}: {}{} at unit {} of {} (row {}, column {}): got {:#x}, wanted {:#x}; {} units differ",
      to_string(problem()), offset_, spec.name, first < end ? "" : " was written past its end", index, spec.units,
      index / row_units, index % row_units, unit_at(actual, first, unit), unit_at(wanted, first, unit), count);
}

std::string DeviceTrial::settle(ProcessGroup& group) {
  if (settled_) return {};
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    if (!is_output(i)) continue;
    wanted_[i] = output(i);
    backend_.copy_in(at(wanted_places_[i]), wanted_[i].data(), wanted_[i].size());
    const std::string_view bytes(reinterpret_cast<const char*>(wanted_[i].data()), wanted_[i].size());
    hash = hash * 31 + std::hash<std::string_view>()(bytes);
  }
  settled_ = true;
  std::vector<std::uint64_t> hashes(static_cast<std::size_t>(group.size()));
  group.all_gather(&hash, hashes.data(), sizeof hash);
  const auto other = std::find_if(hashes.begin(), hashes.end(), [&](std::uint64_t of) { return of != hashes[0]; });
  if (other == hashes.end()) return {};
  return fmt::format("{}: rank {} has other outputs than rank 0", to_string(problem()), other - hashes.begin());
}

std::vector<DeviceTrial::Comparison> DeviceTrial::comparisons() const {
  std::vector<Comparison> all;
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    if (!is_output(i)) continue;
    all.push_back({pointers_[i], at(wanted_places_[i]), static_cast<std::int64_t>(wanted_[i].size()),
                   static_cast<std::uint32_t>(i)});
  }
  return all;
}

}  // namespace arbiter::testing
