// SPDX-License-Identifier: Apache-2.0
#include "strategies/hazards/sequence.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "arbiter/process_group.hpp"
#include "strategies/hazards/difference_record.hpp"

namespace arbiter::testing {

Sequence::Sequence(Backend& backend, std::shared_ptr<cuda::Kernel> compare, std::shared_ptr<cuda::Kernel> delay)
    : backend_(backend),
      compare_(std::move(compare)),
      delay_(std::move(delay)),
      record_(backend.allocate(sizeof(DifferenceRecord))) {
  backend.fill(record_->data(), 0, record_->bytes());
}

void Sequence::enqueue(const Bindings& /*unused*/) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (one_in(delayed_)) delay();
    steps_[i].operation->enqueue(steps_[i].trial->bindings());
    if (one_in(compared_)) compare(static_cast<std::uint32_t>(i));
  }
}

void Sequence::compare(std::uint32_t step) {
  for (DeviceTrial::Comparison comparison : steps_[step].trial->comparisons()) {
    void* record = record_->data();
    const std::array<void*, 6> arguments{
        &comparison.actual, &comparison.wanted, &comparison.bytes, &step, &comparison.tensor, &record};
    compare_->launch({.grid = 16, .block = 256}, arguments);
  }
}

void Sequence::delay() {
  std::uint64_t seed = random_();
  const std::array<void*, 2> arguments{&most_nanoseconds_, &seed};
  delay_->launch({.grid = 1, .block = 1}, arguments);
}

std::string Sequence::failure(ProcessGroup& group, bool graph, int replays) {
  std::string found;
  const std::string thrown = failure_of([&] {
    const auto sample = backend_.sample(*this, {}, 1, graph);
    for (int replay = 0; replay < replays; ++replay) static_cast<void>(sample->time(group));
    found = difference();
  });
  return thrown + found;
}

std::string Sequence::difference() const {
  DifferenceRecord record{};
  backend_.copy_out(&record, record_->data(), sizeof record);
  if (record.bytes == 0) return {};
  const DeviceTrial& trial = *steps_.at(record.step).trial;
  return fmt::format("step {} of {}, {}: {} at byte {}: got {:#x}, wanted {:#x}; {} bytes differ in all steps",
                     record.step, steps_.size(), to_string(trial.problem()), trial.tensor_name(record.tensor),
                     record.byte, record.got, record.wanted, record.bytes);
}

}  // namespace arbiter::testing
