// SPDX-License-Identifier: Apache-2.0
#include "host/row_kernels_isa.hpp"

#include "arbiter/host/lane_formats.hpp"

namespace arbiter::ARBITER_ISA {
namespace {

template <class Format, int ranks>
void reduce_fixed(const void* const* inputs, std::int64_t count, float* sum) {
  using Unit = typename Format::Unit;
  const Unit* input[static_cast<std::size_t>(ranks)];
  for (int r = 0; r < ranks; ++r) input[r] = static_cast<const Unit*>(inputs[r]);
  for_blocks(count, [&](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
    Floats total = load<Format>(input[0] + i, extent);
#pragma GCC unroll 8
    for (int r = 1; r < ranks; ++r) total = total + load<Format>(input[r] + i, extent);
    store(total, sum + i, extent);
  });
}

template <class Format>
void reduce_any(const void* const* inputs, int ranks, std::int64_t count, float* sum) {
  using Unit = typename Format::Unit;
  for_blocks(count, [&](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
    Floats total = load<Format>(static_cast<const Unit*>(inputs[0]) + i, extent);
    for (int r = 1; r < ranks; ++r) {
      total = total + load<Format>(static_cast<const Unit*>(inputs[r]) + i, extent);
    }
    store(total, sum + i, extent);
  });
}

template <class Format>
void reduce(const void* const* inputs, int ranks, std::int64_t count, float* sum) {
  switch (ranks) {
    case 1: return reduce_fixed<Format, 1>(inputs, count, sum);
    case 2: return reduce_fixed<Format, 2>(inputs, count, sum);
    case 3: return reduce_fixed<Format, 3>(inputs, count, sum);
    case 4: return reduce_fixed<Format, 4>(inputs, count, sum);
    case 5: return reduce_fixed<Format, 5>(inputs, count, sum);
    case 6: return reduce_fixed<Format, 6>(inputs, count, sum);
    case 7: return reduce_fixed<Format, 7>(inputs, count, sum);
    case 8: return reduce_fixed<Format, 8>(inputs, count, sum);
    default: return reduce_any<Format>(inputs, ranks, count, sum);
  }
}

template <class Format>
void accumulate(const void* from, void* into, std::int64_t count) {
  const auto* source = static_cast<const typename Format::Unit*>(from);
  auto* target = static_cast<typename Format::Unit*>(into);
  for_blocks(count, [=](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
    store_rounded<Format>(load<Format>(target + i, extent) + load<Format>(source + i, extent), target + i, extent);
  });
}

template <class Format>
void store_row(const float* from, void* to, std::int64_t count) {
  auto* target = static_cast<typename Format::Unit*>(to);
  for_blocks(count, [=](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
    store_rounded<Format>(load<Float32>(from + i, extent), target + i, extent);
  });
}

template <class Format>
void load_row(const void* from, float* to, std::int64_t count) {
  const auto* source = static_cast<const typename Format::Unit*>(from);
  for_blocks(count, [=](std::int64_t i, auto extent)
                        ARBITER_LANES_LAMBDA { store(load<Format>(source + i, extent), to + i, extent); });
}

template <class Format>
constexpr RowKernels kernels{reduce<Format>, accumulate<Format>, store_row<Format>, load_row<Format>};

}  // namespace

constinit const IsaRowKernels row_kernels{kernels<Bfloat16>, kernels<Float16>, kernels<Float32>};

}  // namespace arbiter::ARBITER_ISA
