// SPDX-License-Identifier: Apache-2.0
#include "arbiter/host/shared_slots.hpp"

#include <limits>
#include <new>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/strategy.hpp"

namespace arbiter {

namespace {

constexpr std::size_t cache_line = 64;

std::size_t whole_lines(std::size_t bytes) { return (bytes + cache_line - 1) / cache_line * cache_line; }

}  // namespace

SharedSlots::SharedSlots(ProcessGroup& group, int slots, std::size_t slot_bytes)
    : rank_(group.rank()),
      ranks_(group.size()),
      slots_(slots),
      slot_bytes_(whole_lines(slot_bytes)),
      segment_(group, counters_bytes + static_cast<std::size_t>(slots) * slot_bytes_),
      yields_at_once_(ranks_outnumber_cores(group)) {
  for (int counter = 0; counter < max_counters; ++counter) new (&at(rank_, counter)) SharedCounter(0);
  group.barrier();
}

std::shared_ptr<SharedSlots> SharedSlots::reuse_or_make(std::shared_ptr<SharedSlots>& kept, ProcessGroup& group,
                                                        int slots, std::size_t slot_bytes) {
  const bool usable = kept && !kept->broken() && kept->slots_ >= slots && kept->slot_bytes() >= slot_bytes;
  if (!group.all(usable)) kept = std::make_shared<SharedSlots>(group, slots, slot_bytes);
  return kept;
}

Support SharedSlots::supports(const Problem& problem, const ProcessGroup& group) {
  if (!group.single_host()) return Support::no("the ranks are on several hosts and share no memory");
  if (problem.tp_size < 2) return Support::no(fmt::format("tp_size is {}, it must be 2 or more", problem.tp_size));
  if (auto message = supports_message(problem, group); !message) return message;
  if (problem.hidden_size > std::numeric_limits<std::int64_t>::max() / 16 / problem.num_tokens) {
    return Support::no("the message is larger than memory can be");
  }
  return Support::yes();
}

std::uint64_t SharedSlots::begin() {
  if (broken_) throw Error("an operation before this one ended with an error: prepare it anew");
  broken_ = true;
  return next_chunk_;
}

}  // namespace arbiter
