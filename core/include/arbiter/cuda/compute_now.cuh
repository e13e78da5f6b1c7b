#pragma once

#include <cstdint>

namespace arbiter::cuda {

/// Has something computed here: compilers put it off to where it is used, which may be behind all there is to wait for.
template <class Type>
__device__ __forceinline__ void compute_now(Type*& address) {
  asm volatile("" : "+l"(address));
}
__device__ __forceinline__ void compute_now(std::uint32_t& value) { asm volatile("" : "+r"(value)); }

}  // namespace arbiter::cuda
