// SPDX-License-Identifier: Apache-2.0
#include "neighbour.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <cuda_runtime_api.h>

#include "arbiter/error.hpp"
#include "device_code/neighbour.hpp"
#include "device_errors.hpp"
#include "devices.hpp"
#include "kernel_arguments.hpp"

namespace arbiter::cuda {

namespace {

constexpr std::size_t vector_bytes = 16;
constexpr unsigned block = 512;

std::size_t rounded_up(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

}  // namespace

Kernel& Neighbours::kernel(std::shared_ptr<Kernel>& kernel, const char* entry) {
  if (kernel == nullptr) {
    const std::array parts{neighbour_code(DType::bfloat16)};
    kernel = backend_.link(parts, entry);
  }
  if (result_ == nullptr) result_ = backend_.allocate(sizeof(std::uint64_t));
  return *kernel;
}

void Neighbours::prepare(const Neighbour& neighbour) {
  static_cast<void>(kernel(neighbour_, "arbiter_neighbour"));
  // Three times the cache lie between two reads of the same byte.
  const std::size_t needed = rounded_up(neighbour.weight_bytes) +
                             3 * static_cast<std::size_t>(device_attribute(cudaDevAttrL2CacheSize, device_));
  weights_at_ = 0;
  // Asked once: the driver takes long to answer, and eager launches are timed.
  if (cycles_per_us_ == 0.0) cycles_per_us_ = device_attribute(cudaDevAttrClockRate, device_) / 1e3;
  if (weights_ != nullptr && weights_->bytes() >= needed) return;
  weights_.reset();
  weights_ = backend_.allocate(needed);
  backend_.fill(weights_->data(), 0x11, weights_->bytes());
}

void Neighbours::enqueue(const Neighbour& neighbour, const Iteration& iteration, bool early) {
  const std::size_t bytes = neighbour.weight_bytes / vector_bytes * vector_bytes;
  if (weights_at_ + bytes > weights_->bytes()) weights_at_ = 0;
  NeighbourArguments values{static_cast<const std::byte*>(weights_->data()) + weights_at_,
                            bytes / vector_bytes,
                            iteration.message_from,
                            iteration.message_to,
                            neighbour.message_bytes,
                            static_cast<std::uint64_t>((neighbour.least_us + iteration.delay_us) * cycles_per_us_),
                            static_cast<std::uint32_t*>(result_->data()),
                            early};
  weights_at_ += rounded_up(bytes);
  const std::array<void*, 1> arguments{&values};
  neighbour_->launch({.grid = static_cast<unsigned>(backend_.multiprocessors()), .block = block, .programmatic = early},
                     arguments);
}

double Neighbours::product_flops() {
  if (product_flops_ > 0.0) return product_flops_;
  constexpr double flops_per_round = 8 * 2.0 * 16 * 8 * 16;  // of one warp
  constexpr unsigned threads = 256;
  const unsigned grid = static_cast<unsigned>(backend_.multiprocessors()) * 4;
  auto& rate = kernel(product_rate_, "arbiter_product_rate");
  int rounds = 2000;
  void* never = result_->data();
  const std::array<void*, 2> arguments{&rounds, &never};
  double best_us = std::numeric_limits<double>::infinity();
  for (int run = 0; run < 5; ++run) {
    cudaEvent_t begin = nullptr;
    cudaEvent_t end = nullptr;
    check(cudaEventCreate(&begin), "make an event");
    check(cudaEventCreate(&end), "make an event");
    auto* const stream = static_cast<cudaStream_t>(backend_.stream());
    check(cudaEventRecord(begin, stream), "record an event");
    rate.launch({.grid = grid, .block = threads}, arguments);
    check(cudaEventRecord(end, stream), "record an event");
    check(cudaEventSynchronize(end), "measure the rate of products");
    float milliseconds = 0.0F;
    check(cudaEventElapsedTime(&milliseconds, begin, end), "read an event's time");
    static_cast<void>(cudaEventDestroy(begin));
    static_cast<void>(cudaEventDestroy(end));
    best_us = std::min(best_us, static_cast<double>(milliseconds) * 1000.0);
  }
  product_flops_ = flops_per_round * rounds * grid * (threads / 32.0) / best_us * 1e6;
  return product_flops_;
}

std::vector<std::uint64_t> Neighbours::fingerprints(std::span<const MemoryRange> ranges) {
  std::vector<std::uint64_t> values(ranges.size());
  if (ranges.empty()) return values;
  auto& kernel_of_sum = kernel(fingerprint_, "arbiter_fingerprint");
  const std::size_t bytes = values.size() * sizeof values.front();
  if (sums_ == nullptr || sums_->bytes() < bytes) {
    sums_.reset();
    sums_ = backend_.allocate(bytes);
  }
  auto* sum = static_cast<std::uint64_t*>(sums_->data());
  check(cudaMemsetAsync(sum, 0, bytes, static_cast<cudaStream_t>(backend_.stream())), "fill device memory");
  const auto most = static_cast<std::size_t>(backend_.multiprocessors()) * 4;
  for (const auto& range : ranges) {
    const void* data = range.data;
    std::uint64_t count = range.bytes;
    const std::array<void*, 3> arguments{&data, &count, &sum};
    const std::size_t blocks = range.bytes / (block * sizeof(std::uint64_t)) + 1;
    kernel_of_sum.launch({.grid = static_cast<unsigned>(std::min(blocks, most)), .block = block}, arguments);
    ++sum;
  }
  backend_.copy_out(values.data(), sums_->data(), bytes);
  return values;
}

}  // namespace arbiter::cuda
