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
                               const TestData& data)
    : backend_(backend), problem_(problem), rank_(rank), data_(data), specs_(fusion.tensors(problem)) {
  input_ = backend.allocate(static_cast<std::size_t>(problem.message_bytes()));
  const auto own = message();
  backend.copy_in(input_->data(), own.data(), own.size());
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const auto& spec = specs_[i];
    buffers_.push_back(backend.allocate(tensor_bytes(spec) + guard_bytes));
    pointers_.push_back(buffers_.back()->data());
    if (spec.role != TensorRole::input) continue;
    fill_random(backend, {data.seed, shared_streams + i, spec.fill_low, spec.fill_high}, spec.dtype, spec.units,
                problem.tp_size, pointers_.back());
  }
}

std::vector<std::byte> ProblemTensors::message() const {
  std::vector<std::byte> host(static_cast<std::size_t>(problem_.message_bytes()));
  in_parallel(
      problem_.elements(), elements_worth_a_thread, problem_.tp_size, [&](std::int64_t begin, std::int64_t end) {
        message_elements(data_, problem_, rank_, begin, end - begin, host.data() + begin * size_of(problem_.dtype));
      });
  return host;
}

bool ProblemTensors::input_is_intact() const {
  std::vector<std::byte> now(static_cast<std::size_t>(problem_.message_bytes()));
  backend_.copy_out(now.data(), input_->data(), now.size());
  return now == message();
}

void ProblemTensors::poison_outputs() {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].role == TensorRole::output)
      backend_.fill(pointers_[i], poison, tensor_bytes(specs_[i]) + guard_bytes);
  }
}

ProblemTensors::HostCopy ProblemTensors::copy_out() const {
  HostCopy copy;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const bool output = specs_[i].role == TensorRole::output;
    const std::size_t bytes = tensor_bytes(specs_[i]);
    auto& host = copy.storage.emplace_back(bytes + (output ? guard_bytes : 0));
    backend_.copy_out(host.data(), pointers_[i], host.size());
    copy.pointers.push_back(host.data());
    copy.guards_intact =
        copy.guards_intact && std::all_of(host.begin() + static_cast<std::ptrdiff_t>(bytes), host.end(),
                                          [](std::byte byte) { return byte == std::byte{poison}; });
  }
  return copy;
}

std::int64_t ProblemTensors::bytes_needed(const Problem& problem, const Fusion& fusion) {
  std::int64_t bytes = problem.message_bytes();
  for (const auto& spec : fusion.tensors(problem)) bytes += spec.bytes() + static_cast<std::int64_t>(guard_bytes);
  return bytes;
}

}  // namespace arbiter
