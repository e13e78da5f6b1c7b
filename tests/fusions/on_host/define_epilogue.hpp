// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Defines the EpilogueOnHost EPILOGUE_NAME from a device epilogue (EPILOGUE_SOURCE, ARBITER_DTYPE and the definitions
/// of its code). Names that all epilogues share are replaced, so that one program can hold them all.

#include "on_host/cuda_on_host.hpp"
#include "on_host/epilogue_on_host.hpp"

namespace arbiter::EPILOGUE_NAME {
using cuda::EpilogueArguments;
}

#define JOIN_NAMES(a, b) a##b
#define JOIN(a, b) JOIN_NAMES(a, b)
#define arbiter_epilogue_load_constant JOIN(load_constant_, EPILOGUE_NAME)
#define arbiter_epilogue_locate JOIN(locate_, EPILOGUE_NAME)
#define arbiter_epilogue_load JOIN(load_, EPILOGUE_NAME)
#define arbiter_epilogue_begin JOIN(begin_, EPILOGUE_NAME)
#define arbiter_epilogue_needs_maximum JOIN(needs_maximum_, EPILOGUE_NAME)
#define arbiter_epilogue_maximum JOIN(maximum_, EPILOGUE_NAME)
#define arbiter_epilogue_store_state JOIN(store_state_, EPILOGUE_NAME)
#define arbiter_epilogue_scalar JOIN(scalar_, EPILOGUE_NAME)
#define arbiter_epilogue_finish JOIN(finish_, EPILOGUE_NAME)
#define cuda EPILOGUE_NAME
#include EPILOGUE_SOURCE

using arbiter::test::Warp;

namespace {

/// Calls vector(place, index of the vector) for the lanes of all warps of a row.
template <class Vector>
void for_row(const EpilogueArguments& arguments, std::int64_t row, Vector vector) {
  const auto hidden = static_cast<int>(arguments.hidden_size);
  for (int first = 0; first * vector_elements < hidden; first += Warp::lanes) {
    Warp::run([&](int lane) {
      const int column = (first + lane) * vector_elements;
      vector(place_in_row(row, column, std::clamp(hidden - column, 0, vector_elements), hidden), first + lane);
    });
  }
}

float begin_row(const EpilogueArguments& arguments, std::int64_t row, const float* sum, void* epilogue_state) {
  float statistic = 0.0F;
  const auto hidden = static_cast<int>(arguments.hidden_size);
  for (int column = 0; column < hidden; column += vector_elements) {
    const VectorPlace place = place_in_row(row, column, std::min(hidden - column, vector_elements), hidden);
    EpilogueInputs inputs;
    Accumulators values{};
    std::copy_n(sum + column, place.count, values.value);
    arbiter_epilogue_load_constant(arguments, place, inputs);
    arbiter_epilogue_locate(arguments, place, inputs);
    arbiter_epilogue_load(arguments, place, inputs);
    statistic += arbiter_epilogue_begin(arguments, place, inputs, values,
                                        static_cast<Packed*>(epilogue_state)[column / vector_elements]);
  }
  return statistic;
}

float maximum_of_row(const EpilogueArguments& arguments, std::int64_t row, const void* epilogue_state) {
  std::uint32_t maximum = 0;
  if (!arbiter_epilogue_needs_maximum()) return 0.0F;
  for_row(arguments, row, [&](const VectorPlace& place, int vector) {
    EpilogueInputs inputs;
    arbiter_epilogue_load_constant(arguments, place, inputs);
    const Packed packed = place.count > 0 ? static_cast<const Packed*>(epilogue_state)[vector] : zeros();
    maximum = std::max(maximum, __float_as_uint(arbiter_epilogue_maximum(arguments, place, inputs, packed)));
  });
  return __uint_as_float(maximum);
}

void finish_row(const EpilogueArguments& arguments, std::int64_t row, const void* epilogue_state, float scalar) {
  const float maximum = maximum_of_row(arguments, row, epilogue_state);
  for_row(arguments, row, [&](const VectorPlace& place, int vector) {
    EpilogueInputs inputs;
    arbiter_epilogue_load_constant(arguments, place, inputs);
    arbiter_epilogue_locate(arguments, place, inputs);
    const Packed packed = place.count > 0 ? static_cast<const Packed*>(epilogue_state)[vector] : zeros();
    arbiter_epilogue_store_state(arguments, place, packed);
    arbiter_epilogue_finish(arguments, place, inputs, packed, scalar, maximum);
  });
}

}  // namespace

namespace arbiter::test {
extern const EpilogueOnHost EPILOGUE_NAME;
const EpilogueOnHost EPILOGUE_NAME{begin_row, arbiter_epilogue_scalar, finish_row};
}  // namespace arbiter::test
