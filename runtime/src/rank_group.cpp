// SPDX-License-Identifier: Apache-2.0
#include "rank_group.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <vector>

#include <fmt/format.h>

namespace arbiter::runtime {

namespace {

/// The same on all processes that see one kernel.
std::array<char, 64> host_id() {
  std::array<char, 64> id{};
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  file.read(id.data(), static_cast<std::streamsize>(id.size()) - 1);
  return id;
}

struct Outcome {
  int status = ARBITER_OK;
  std::array<char, 508> text{};
};

Outcome outcome_of(const std::function<void()>& step) {
  Outcome own;
  std::string text;
  try {
    step();
    return own;
  } catch (const CallError& error) {
    own.status = error.status();
    text = error.what();
  } catch (const std::bad_alloc&) {
    own.status = ARBITER_OUT_OF_MEMORY;
    text = "the host has no memory left";
  } catch (...) {
    own.status = ARBITER_INTERNAL_ERROR;
    text = what_was_thrown();
  }
  text.copy(own.text.data(), own.text.size() - 1);
  return own;
}

}  // namespace

void RankGroup::meet() {
  const auto own = host_id();
  std::vector<std::array<char, 64>> ids(static_cast<std::size_t>(size_));
  all_gather(own.data(), ids.data(), sizeof own);
  single_host_ = std::ranges::all_of(ids, [&](const auto& id) { return id == own; });
}

void RankGroup::all_gather(const void* in, void* out, std::size_t bytes) {
  if (gather_(in, out, bytes) != 0) {
    throw CallError(ARBITER_EXCHANGE_FAILED, fmt::format("the all-gather of {} bytes failed on rank {}", bytes, rank_));
  }
}

void RankGroup::barrier() {
  const char own = 0;
  std::vector<char> all(static_cast<std::size_t>(size_));
  all_gather(&own, all.data(), 1);
}

void RankGroup::broadcast(void* data, std::size_t bytes, int root) {
  std::vector<std::byte> all(bytes * static_cast<std::size_t>(size_));
  all_gather(data, all.data(), bytes);
  std::memcpy(data, all.data() + bytes * static_cast<std::size_t>(root), bytes);
}

void RankGroup::max(std::span<double> values) {
  std::vector<double> all(values.size() * static_cast<std::size_t>(size_));
  all_gather(values.data(), all.data(), values.size_bytes());
  for (std::size_t i = 0; i < all.size(); ++i) {
    values[i % values.size()] = std::max(values[i % values.size()], all[i]);
  }
}

void RankGroup::agree(const std::function<void()>& step) {
  const Outcome own = outcome_of(step);
  std::vector<Outcome> all(static_cast<std::size_t>(size_));
  all_gather(&own, all.data(), sizeof own);
  for (int rank = 0; rank < size_; ++rank) {
    const Outcome& outcome = all[static_cast<std::size_t>(rank)];
    if (outcome.status == ARBITER_OK) continue;
    throw CallError(static_cast<arbiter_status>(outcome.status), fmt::format("rank {}: {}", rank, outcome.text.data()));
  }
}

}  // namespace arbiter::runtime
