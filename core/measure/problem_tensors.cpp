// SPDX-License-Identifier: Apache-2.0
#include "measure/problem_tensors.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "arbiter/guarded_buffer.hpp"
#include "comm/rank_environment.hpp"
#include "measure/random_data.hpp"

namespace arbiter {

namespace {

constexpr std::size_t guard_bytes = GuardedBuffer::guard_bytes;
constexpr unsigned char poison = GuardedBuffer::guard_value;
constexpr std::uint64_t shared_streams = std::uint64_t{1} << 32U;

constexpr std::int64_t elements_worth_a_thread = 65536;
// Of at least two bytes, so that all messages are as well aligned.
constexpr std::int64_t elements_between_messages = ProblemTensors::alignment / 2;

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

std::size_t tensor_bytes(const TensorSpec& spec) { return static_cast<std::size_t>(spec.bytes()); }

/// From an output of a set to that of the next; all of it behind the output is guard.
std::size_t stride_of(const TensorSpec& spec) { return aligned(tensor_bytes(spec) + guard_bytes); }

/// Of an output its guard too.
std::size_t copied_bytes(const TensorSpec& spec) {
  return spec.role == TensorRole::output ? stride_of(spec) : tensor_bytes(spec);
}

std::byte* behind_guard(const Buffer& buffer) { return static_cast<std::byte*>(buffer.data()) + guard_bytes; }

void fill_random(Backend& backend, const RandomStream& stream, DType dtype, std::int64_t units, int ranks,
                 void* destination) {
  std::vector<std::byte> host(static_cast<std::size_t>(units * size_of(dtype)));
  in_parallel(units, elements_worth_a_thread, ranks, [&](std::int64_t begin, std::int64_t end) {
    random_elements(stream, dtype, begin, end - begin, host.data() + begin * size_of(dtype));
  });
  backend.copy_in(destination, host.data(), host.size());
}

}  // namespace

ProblemTensors::ProblemTensors(const Problem& problem, const Fusion& fusion, Backend& backend, int rank,
                               const TestData& data, TensorSets sets)
    : backend_(backend), problem_(problem), rank_(rank), data_(data), sets_(sets), specs_(fusion.tensors(problem)) {
  // First, as only the backend says in words that there is not enough memory.
  const auto message_bytes = static_cast<std::size_t>(elements_of_all_messages() * size_of(problem.dtype));
  input_ = backend.allocate(guard_bytes + message_bytes + guard_bytes);
  auto* const message = behind_guard(*input_);
  add_guard(message - guard_bytes, guard_bytes, "the memory before the message");
  add_guard(message + message_bytes, guard_bytes, "the memory behind the message");
  add_read_only({message, message_bytes, "the message", [this, message] {
                   const auto own = all_messages();
                   backend_.copy_in(message, own.data(), own.size());
                 }});
  // One allocation for all sets of a tensor: strategies that register memory register few.
  const auto set_count = static_cast<std::size_t>(sets.count);
  if (sets.copied_inputs) {
    inputs_ = backend.allocate(guard_bytes + set_count * input_stride());
    for (std::size_t set = 0; set <= set_count; ++set) {
      // From the end of a message to the beginning of the next.
      const std::size_t from = set == 0 ? 0 : guard_bytes + (set - 1) * input_stride() + message_bytes_of_set();
      const std::size_t to = guard_bytes + set * input_stride();
      add_guard(static_cast<std::byte*>(inputs_->data()) + from, to - from, "the memory around the message");
    }
  }
  pointers_.resize(set_count);
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const auto& spec = specs_[i];
    const bool input = spec.role == TensorRole::input;
    const auto name = fmt::format("the {} {}", input ? "input" : "output", spec.name);
    auto& buffer = buffers_.emplace_back(backend.allocate(guard_bytes + stride_of(spec) * (input ? 1 : set_count)));
    auto* const first = behind_guard(*buffer);
    add_guard(first - guard_bytes, guard_bytes, "the memory before " + name);
    for (std::size_t set = 0; set < set_count; ++set) {
      pointers_[set].push_back(first + (input ? 0 : set * stride_of(spec)));
    }
    if (!input) continue;
    add_guard(first + tensor_bytes(spec), stride_of(spec) - tensor_bytes(spec), "the memory behind " + name);
    add_read_only({first, tensor_bytes(spec), name, [this, first, i] {
                     const auto& own = specs_[i];
                     fill_random(backend_, {data_.seed, shared_streams + i, own.fill_low, own.fill_high}, own.dtype,
                                 own.units, problem_.tp_size, first);
                   }});
  }
  intact_ = fingerprints_of_read_only();
}

void ProblemTensors::add_read_only(ReadOnly memory) { read_only_.emplace_back(std::move(memory)).make(); }

void ProblemTensors::add_guard(std::byte* at, std::size_t bytes, const std::string& name) {
  add_read_only({at, bytes, name, [this, at, bytes] { backend_.fill(at, poison, bytes); }});
}

std::vector<std::uint64_t> ProblemTensors::fingerprints_of_read_only() const {
  std::vector<MemoryRange> ranges;
  ranges.reserve(read_only_.size());
  for (const auto& memory : read_only_) ranges.push_back({memory.at, memory.bytes});
  return backend_.fingerprints(ranges);
}

std::size_t ProblemTensors::message_bytes_of_set() const { return static_cast<std::size_t>(problem_.message_bytes()); }

std::size_t ProblemTensors::input_stride() const { return aligned(message_bytes_of_set() + guard_bytes); }

std::int64_t ProblemTensors::elements_of_all_messages() const {
  return problem_.elements() + (messages() - 1) * elements_between_messages;
}

std::vector<std::byte> ProblemTensors::all_messages() const {
  const std::int64_t elements = elements_of_all_messages();
  std::vector<std::byte> host(static_cast<std::size_t>(elements * size_of(problem_.dtype)));
  in_parallel(elements, elements_worth_a_thread, problem_.tp_size, [&](std::int64_t begin, std::int64_t end) {
    message_elements(data_, problem_, rank_, begin, end - begin, host.data() + begin * size_of(problem_.dtype));
  });
  return host;
}

std::int64_t ProblemTensors::first_element(std::int64_t iteration) const {
  return iteration % messages() * elements_between_messages;
}

const void* ProblemTensors::message_address(std::int64_t iteration) const {
  return behind_guard(*input_) + first_element(iteration) * size_of(problem_.dtype);
}

std::vector<Iteration> ProblemTensors::iterations(std::int64_t count, bool behind_neighbours) const {
  std::vector<Iteration> iterations(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    auto& iteration = iterations[static_cast<std::size_t>(i)];
    const auto set = static_cast<std::size_t>(i % sets());
    iteration.bindings = {message_address(i), pointers_[set]};
    if (!behind_neighbours) continue;
    iteration.message_from = message_address(i);
    iteration.message_to = behind_guard(*inputs_) + set * input_stride();
    iteration.bindings.input = iteration.message_to;
  }
  return iterations;
}

std::int64_t ProblemTensors::last_on_set(std::int64_t set, std::int64_t count) const {
  return set >= count ? -1 : set + (count - 1 - set) / sets() * sets();
}

std::string ProblemTensors::take_written() {
  std::string first;
  const auto now = fingerprints_of_read_only();
  for (std::size_t i = 0; i < read_only_.size(); ++i) {
    if (now[i] == intact_[i]) continue;
    if (first.empty()) first = read_only_[i].name;
    read_only_[i].make();
  }
  return first;
}

void ProblemTensors::poison_outputs() {
  static_cast<void>(take_written());
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].role != TensorRole::output) continue;
    backend_.fill(pointers_.front()[i], poison, pointers_.size() * stride_of(specs_[i]));  // the sets lie in a row
  }
}

ProblemTensors::HostCopy ProblemTensors::copy_out(std::int64_t set) const {
  HostCopy copy;
  copy_out(set, copy);
  return copy;
}

std::byte* ProblemTensors::room_for(std::size_t tensor, HostCopy& copy) const {
  copy.storage.resize(specs_.size());
  copy.pointers.resize(specs_.size());
  if (copy.storage[tensor] == nullptr) {
    copy.storage[tensor] = std::make_unique_for_overwrite<std::byte[]>(copied_bytes(specs_[tensor]));
    copy.pointers[tensor] = copy.storage[tensor].get();
  }
  return copy.storage[tensor].get();
}

void ProblemTensors::copy_inputs(HostCopy& copy) const {
  if (copy.has_inputs) return;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].role != TensorRole::input) continue;
    backend_.copy_out(room_for(i, copy), pointers_.front()[i], copied_bytes(specs_[i]));
  }
  copy.has_inputs = true;
}

void ProblemTensors::copy_out(std::int64_t set, HostCopy& copy) const {
  const auto& pointers = pointers_[static_cast<std::size_t>(set)];
  copy.guards_intact = copy.untouched = true;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const bool output = specs_[i].role == TensorRole::output;
    if (!output && copy.has_inputs) continue;
    const std::size_t bytes = tensor_bytes(specs_[i]);
    const std::size_t with_guard = copied_bytes(specs_[i]);
    std::byte* const host = room_for(i, copy);
    backend_.copy_out(host, pointers[i], with_guard);
    const auto is_poison = [](std::byte byte) { return byte == std::byte{poison}; };
    copy.guards_intact = copy.guards_intact && std::all_of(host + bytes, host + with_guard, is_poison);
    copy.untouched = copy.untouched && (!output || std::all_of(host, host + bytes, is_poison));
  }
}

std::vector<std::uint64_t> ProblemTensors::fingerprints() const {
  std::vector<MemoryRange> ranges;
  for (const auto& pointers : pointers_) {
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (specs_[i].role == TensorRole::output) ranges.push_back({pointers[i], stride_of(specs_[i])});
    }
  }
  const auto parts = backend_.fingerprints(ranges);
  const std::size_t outputs = parts.size() / pointers_.size();
  std::vector<std::uint64_t> of_sets;
  of_sets.reserve(pointers_.size());
  for (std::size_t set = 0; set < pointers_.size(); ++set) {
    of_sets.push_back(host_fingerprint(parts.data() + set * outputs, outputs * sizeof parts.front()));
  }
  return of_sets;
}

std::int64_t ProblemTensors::bytes_needed(const Problem& problem, const Fusion& fusion, TensorSets sets) {
  constexpr auto guard = static_cast<std::int64_t>(guard_bytes);
  std::int64_t bytes =
      2 * guard + problem.message_bytes() + sets.count * elements_between_messages * size_of(problem.dtype);
  if (sets.copied_inputs) bytes += guard + sets.count * (problem.message_bytes() + guard);
  for (const auto& spec : fusion.tensors(problem)) {
    const std::int64_t copies = spec.role == TensorRole::output ? sets.count : 1;
    bytes += guard + copies * (spec.bytes() + guard);
  }
  return bytes;
}

TensorSets ProblemTensors::usual_sets(const Problem& problem, const Fusion& fusion, std::size_t cache_bytes,
                                      std::int64_t free_bytes, bool copied_inputs) {
  constexpr std::int64_t most = 8;
  TensorSets sets{2, copied_inputs};
  if (3 * bytes_needed(problem, fusion, sets) > free_bytes) return {1, copied_inputs};
  while (sets.count < most) {
    const TensorSets more{sets.count + 1, copied_inputs};
    const auto bytes = bytes_needed(problem, fusion, more);
    if (2 * bytes > static_cast<std::int64_t>(cache_bytes) || 3 * bytes > free_bytes) break;
    sets = more;
  }
  return sets;
}

}  // namespace arbiter
