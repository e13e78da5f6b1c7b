// SPDX-License-Identifier: Apache-2.0
#include "support/strategies_trial.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <iterator>
#include <limits>
#include <random>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "arbiter/host/row_kernels.hpp"
#include "measure/random_data.hpp"
#include "support/strategies_plugins.hpp"

namespace arbiter::testing {

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t guard_bytes = 64;
constexpr std::byte poison{0xa5};

/// Words that look like an empty slot, or nearly so.
void write_ones(const Problem& problem, std::uint64_t seed, std::uint64_t rank, Bytes& bytes) {
  constexpr std::uint32_t words[] = {0xffffffffU, 0xfffefffeU, 0xffff0000U, 0x0000ffffU,
                                     0x7fffffffU, 0xfffffffeU, 0x80008000U, 0xffff3f80U};
  std::mt19937_64 agreed(seed * 17);
  std::mt19937_64 own(seed * 31 + rank);
  const auto row_bytes = static_cast<std::size_t>(problem.hidden_size * size_of(problem.dtype));
  for (std::size_t row = 0; row < bytes.size(); row += 2 * row_bytes) {
    for (std::size_t at = row; at + 4 <= row + row_bytes; at += 4) {
      const std::uint64_t die = agreed() % 4;
      if (die == 0) continue;
      const std::uint32_t word = words[die == 1 ? 0 : own() % std::size(words)];
      std::memcpy(&bytes[at], &word, sizeof word);
    }
  }
}

Bytes message_of(const Problem& problem, int rank, Data data, std::uint64_t seed) {
  Bytes bytes(static_cast<std::size_t>(problem.message_bytes()));
  const auto stream = static_cast<std::uint64_t>(rank);
  random_elements({seed, stream}, problem.dtype, 0, problem.elements(), bytes.data());
  if (data == Data::random) return bytes;
  if (data == Data::ones) {
    write_ones(problem, seed, stream, bytes);
    return bytes;
  }

  std::mt19937_64 random(seed * 31 + stream);
  const RowKernels& kernels = row_kernels(problem.dtype);
  const auto element_bytes = static_cast<std::size_t>(size_of(problem.dtype));
  using MachineProbe = std::numeric_limits<float>;
  const std::array<float, 8> nasty = {-0.0F,
                                      0.0F,
                                      MachineProbe::quiet_NaN(),
                                      MachineProbe::infinity(),
                                      -MachineProbe::infinity(),
                                      0x1.0p-24F * 3,
                                      0x1p-130F,
                                      65504.0F};
  for (std::size_t at = 0; at < bytes.size(); at += element_bytes) {
    const std::uint64_t die = random() % 8;
    if (data == Data::whole) {
      const auto value = static_cast<float>(static_cast<int>(die) - 4);
      kernels.store(&value, &bytes[at], 1);
    } else if (die == 0) {
      kernels.store(&nasty[random() % nasty.size()], &bytes[at], 1);
    } else if (die == 1) {
      const std::uint64_t bits = random();
      std::memcpy(&bytes[at], &bits, element_bytes);
    }
  }
  return bytes;
}

bool is_nan(DType dtype, const std::byte* unit) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, unit, static_cast<std::size_t>(size_of(dtype)));
  switch (dtype) {
    case DType::bfloat16: return (bits & 0x7fffU) > 0x7f80U;
    case DType::float16: return (bits & 0x7fffU) > 0x7c00U;
    case DType::float32: return (bits & 0x7fffffffU) > 0x7f800000U;
    case DType::float8_e4m3: return (bits & 0x7fU) == 0x7fU;
    case DType::float4_e2m1x2: return false;
    case DType::float8_e8m0: return (bits & 0xffU) == 0xffU;
  }
  return false;
}

}  // namespace

Trial::Trial(Problem problem, const Fusion& fusion, Data data, std::uint64_t seed)
    : problem_(std::move(problem)), fusion_(fusion), specs_(fusion.tensors(problem_)) {
  std::vector<Bytes> messages;
  messages.reserve(static_cast<std::size_t>(problem_.tp_size));
  for (int rank = 0; rank < problem_.tp_size; ++rank) messages.push_back(message_of(problem_, rank, data, seed));
  own_message_ = messages[static_cast<std::size_t>(world().rank())];
  input_ = own_message_;
  std::uint64_t stream = std::uint64_t{1} << 32U;
  for (const TensorSpec& spec : specs_) {
    tensors_.emplace_back(static_cast<std::size_t>(spec.bytes()) + guard_bytes, poison);
    if (spec.role == TensorRole::input) {
      random_elements({seed, stream++, spec.fill_low, spec.fill_high}, spec.dtype, 0, spec.units,
                      tensors_.back().data());
    }
  }
  for (Bytes& tensor : tensors_) pointers_.push_back(tensor.data());
  make_expectation(messages);
}

void Trial::make_expectation(const std::vector<Bytes>& messages) {
  expected_ = tensors_;
  std::vector<void*> pointers;
  for (Bytes& tensor : expected_) pointers.push_back(tensor.data());
  const Bindings bindings{input_.data(), pointers};
  const RowKernels& kernels = row_kernels(problem_.dtype, Isa::portable);
  const auto epilogue = fusion_.host_epilogue(problem_);
  const auto hidden = static_cast<std::size_t>(problem_.hidden_size);
  const std::size_t row_bytes = hidden * static_cast<std::size_t>(size_of(problem_.dtype));
  std::vector<float> sum(hidden);
  std::vector<float> element(hidden);
  Bytes epilogue_state(row_bytes);
  for (std::int64_t row = 0; row < problem_.num_tokens; ++row) {
    for (std::size_t rank = 0; rank < messages.size(); ++rank) {
      const std::byte* from = messages[rank].data() + static_cast<std::size_t>(row) * row_bytes;
      kernels.load(from, element.data(), problem_.hidden_size);
      for (std::size_t at = 0; at < hidden; ++at) sum[at] = rank == 0 ? element[at] : sum[at] + element[at];
    }
    const float scalar = epilogue->begin_row(bindings, row, sum.data(), epilogue_state.data());
    epilogue->finish_row(bindings, row, epilogue_state.data(), scalar);
  }
}

std::string Trial::difference_after(Operation& operation) {
  input_ = own_message_;
  for (std::size_t at = 0; at < specs_.size(); ++at) {
    if (specs_[at].role == TensorRole::output) std::fill(tensors_[at].begin(), tensors_[at].end(), poison);
  }
  operation.enqueue(bindings());
  std::fill(input_.begin(), input_.end(), poison);
  for (std::size_t at = 0; at < specs_.size(); ++at) {
    if (std::string difference = first_difference(at); !difference.empty()) return difference;
  }
  return {};
}

std::string Trial::first_difference(std::size_t tensor) const {
  const TensorSpec& spec = specs_[tensor];
  const auto unit = static_cast<std::size_t>(size_of(spec.dtype));
  const auto bytes = static_cast<std::size_t>(spec.bytes());
  const Bytes& actual = tensors_[tensor];
  const Bytes& expected = expected_[tensor];
  if (actual == expected) return {};
  for (std::size_t at = 0; at < actual.size(); at += unit) {
    if (std::equal(&actual[at], &actual[at] + unit, &expected[at])) continue;
    // Which of two NaNs a sum keeps is the compiler's choice.
    if (at < bytes && is_nan(spec.dtype, &actual[at]) && is_nan(spec.dtype, &expected[at])) continue;
    return fmt::format("{}: {} differs at unit {} of {}", to_string(problem_), spec.name, at / unit, spec.units);
  }
  return {};
}

std::uint64_t Trial::fingerprint() const {
  std::uint64_t hash = 0;
  for (std::size_t at = 0; at < specs_.size(); ++at) {
    if (specs_[at].role != TensorRole::output) continue;
    const std::string_view bytes(reinterpret_cast<const char*>(tensors_[at].data()), tensors_[at].size());
    hash = hash * 31 + std::hash<std::string_view>()(bytes);
  }
  return hash;
}

}  // namespace arbiter::testing
