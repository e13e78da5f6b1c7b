// SPDX-License-Identifier: Apache-2.0
#include "measure/problem_tensors.hpp"

#include <algorithm>

#include "comm/rank_environment.hpp"
#include "measure/random_data.hpp"

namespace arbiter {

namespace {

constexpr std::size_t guard_bytes = 256;
constexpr unsigned char poison = 0xff;  // NaN in every dtype that has one
constexpr std::uint64_t shared_streams = std::uint64_t{1} << 32U;

constexpr std::int64_t elements_worth_a_thread = 65536;
constexpr std::int64_t elements_between_messages = 64;  // at least 128 bytes, so that all are as well aligned

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

std::size_t tensor_bytes(const TensorSpec& spec) { return static_cast<std::size_t>(spec.bytes()); }

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
  input_ = backend.allocate(static_cast<std::size_t>(elements_of_all_messages() * size_of(problem.dtype)));
  const auto own = all_messages();
  backend.copy_in(input_->data(), own.data(), own.size());
  // One allocation for all sets of a tensor: strategies that register memory register few.
  if (sets.copied_inputs) inputs_ = backend.allocate(static_cast<std::size_t>(sets.count) * input_stride());
  pointers_.resize(static_cast<std::size_t>(sets.count));
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const auto& spec = specs_[i];
    const bool input = spec.role == TensorRole::input;
    const std::size_t stride = aligned(tensor_bytes(spec) + guard_bytes);
    auto& buffer = buffers_.emplace_back(backend.allocate(stride * (input ? 1 : pointers_.size())));
    for (std::size_t set = 0; set < pointers_.size(); ++set) {
      pointers_[set].push_back(static_cast<std::byte*>(buffer->data()) + (input ? 0 : set * stride));
    }
    if (!input) continue;
    fill_random(backend, {data.seed, shared_streams + i, spec.fill_low, spec.fill_high}, spec.dtype, spec.units,
                problem.tp_size, buffer->data());
  }
}

std::size_t ProblemTensors::input_stride() const { return aligned(static_cast<std::size_t>(problem_.message_bytes())); }

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
  return static_cast<const std::byte*>(input_->data()) + first_element(iteration) * size_of(problem_.dtype);
}

std::vector<Iteration> ProblemTensors::iterations(std::int64_t count, bool behind_neighbours) const {
  std::vector<Iteration> iterations(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    auto& iteration = iterations[static_cast<std::size_t>(i)];
    const auto set = static_cast<std::size_t>(i % sets());
    iteration.bindings = {message_address(i), pointers_[set]};
    if (!behind_neighbours) continue;
    iteration.message_from = message_address(i);
    iteration.message_to = static_cast<std::byte*>(inputs_->data()) + set * input_stride();
    iteration.bindings.input = iteration.message_to;
  }
  return iterations;
}

std::int64_t ProblemTensors::last_on_set(std::int64_t set, std::int64_t count) const {
  return set >= count ? -1 : set + (count - 1 - set) / sets() * sets();
}

bool ProblemTensors::input_is_intact() const {
  const auto made = all_messages();
  std::vector<std::byte> now(made.size());
  backend_.copy_out(now.data(), input_->data(), now.size());
  return now == made;
}

void ProblemTensors::poison_outputs() {
  for (const auto& pointers : pointers_) {
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (specs_[i].role != TensorRole::output) continue;
      backend_.fill(pointers[i], poison, tensor_bytes(specs_[i]) + guard_bytes);
    }
  }
}

ProblemTensors::HostCopy ProblemTensors::copy_out(std::int64_t set) const {
  const auto& pointers = pointers_[static_cast<std::size_t>(set)];
  HostCopy copy;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const bool output = specs_[i].role == TensorRole::output;
    const std::size_t bytes = tensor_bytes(specs_[i]);
    auto& host = copy.storage.emplace_back(bytes + (output ? guard_bytes : 0));
    backend_.copy_out(host.data(), pointers[i], host.size());
    copy.pointers.push_back(host.data());
    const auto guard = host.begin() + static_cast<std::ptrdiff_t>(bytes);
    const auto is_poison = [](std::byte byte) { return byte == std::byte{poison}; };
    copy.guards_intact = copy.guards_intact && std::all_of(guard, host.end(), is_poison);
    copy.untouched = copy.untouched && (!output || std::all_of(host.begin(), guard, is_poison));
  }
  return copy;
}

std::uint64_t ProblemTensors::fingerprint(std::int64_t set) const {
  const auto& pointers = pointers_[static_cast<std::size_t>(set)];
  std::vector<std::uint64_t> parts;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].role != TensorRole::output) continue;
    parts.push_back(backend_.fingerprint(pointers[i], tensor_bytes(specs_[i]) + guard_bytes));
  }
  return host_fingerprint(parts.data(), parts.size() * sizeof parts.front());
}

std::int64_t ProblemTensors::bytes_needed(const Problem& problem, const Fusion& fusion, TensorSets sets) {
  std::int64_t bytes = problem.message_bytes() + sets.count * elements_between_messages * size_of(problem.dtype);
  if (sets.copied_inputs) bytes += sets.count * problem.message_bytes();
  for (const auto& spec : fusion.tensors(problem)) {
    const std::int64_t copies = spec.role == TensorRole::output ? sets.count : 1;
    bytes += copies * (spec.bytes() + static_cast<std::int64_t>(guard_bytes));
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
