// SPDX-License-Identifier: Apache-2.0
#include "stream.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "device_errors.hpp"

namespace arbiter::cuda {

namespace {

constexpr std::chrono::seconds longest_wait{120};

}  // namespace

Stream::Stream() {
  check(cudaStreamCreateWithFlags(&main_, cudaStreamNonBlocking), "make a stream");
  check(cudaStreamCreateWithFlags(&capture_, cudaStreamNonBlocking), "make a stream");
}

Stream::~Stream() {
  if (device_is_stuck()) return;
  static_cast<void>(cudaStreamDestroy(main_));
  static_cast<void>(cudaStreamDestroy(capture_));
}

void Stream::begin_capture() {
  check(cudaStreamBeginCapture(capture_, cudaStreamCaptureModeThreadLocal), "begin to capture a CUDA graph");
  capturing_ = true;
}

cudaGraph_t Stream::end_capture() {
  capturing_ = false;
  cudaGraph_t graph = nullptr;
  check(cudaStreamEndCapture(capture_, &graph), "capture a CUDA graph");
  return graph;
}

void Stream::abandon_capture() noexcept {
  capturing_ = false;
  cudaGraph_t graph = nullptr;
  if (cudaStreamEndCapture(capture_, &graph) == cudaSuccess && graph != nullptr) {
    static_cast<void>(cudaGraphDestroy(graph));
  }
  static_cast<void>(cudaGetLastError());
}

void Stream::wait(const std::string& action) const {
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    const auto code = cudaStreamQuery(main_);
    if (code == cudaSuccess) return;
    if (code != cudaErrorNotReady) check(code, action);
    if (std::chrono::steady_clock::now() - start > longest_wait) {
      device_got_stuck();
      throw Error(
          fmt::format("{}: not done after {} s; the device is lost to this process", action, longest_wait.count()));
    }
  }
}

HostCopies::HostCopies(cudaStream_t stream) : stream_(stream) {
  for (Piece& piece : ring_) {
    void* memory = nullptr;
    check(cudaHostAlloc(&memory, piece_bytes, cudaHostAllocDefault), "get page-locked host memory");
    piece.memory = static_cast<std::byte*>(memory);
    check(cudaEventCreateWithFlags(&piece.free, cudaEventDisableTiming), "make an event");
  }
}

HostCopies::~HostCopies() {
  if (device_is_stuck()) return;
  for (const Piece& piece : ring_) {
    static_cast<void>(cudaEventDestroy(piece.free));
    static_cast<void>(cudaFreeHost(piece.memory));
  }
}

void HostCopies::in(void* device, const void* host, std::size_t bytes) {
  auto* to = static_cast<std::byte*>(device);
  const auto* from = static_cast<const std::byte*>(host);
  for (std::size_t number = 0, done = 0; done < bytes; ++number) {
    const Piece& piece = ring_[number % pieces];
    const std::size_t part = std::min(piece_bytes, bytes - done);
    check(cudaEventSynchronize(piece.free), "copy to the device");
    std::memcpy(piece.memory, from + done, part);
    check(cudaMemcpyAsync(to + done, piece.memory, part, cudaMemcpyHostToDevice, stream_), "copy to the device");
    check(cudaEventRecord(piece.free, stream_), "copy to the device");
    done += part;
  }
  check(cudaStreamSynchronize(stream_), "copy to the device");
}

void HostCopies::out(void* host, const void* device, std::size_t bytes) {
  auto* to = static_cast<std::byte*>(host);
  const auto* from = static_cast<const std::byte*>(device);
  const std::size_t parts = (bytes + piece_bytes - 1) / piece_bytes;
  const auto size_of_part = [&](std::size_t part) { return std::min(piece_bytes, bytes - part * piece_bytes); };
  for (std::size_t step = 0; step < parts + pieces - 1; ++step) {
    if (step < parts) {
      const Piece& piece = ring_[step % pieces];
      check(
          cudaMemcpyAsync(piece.memory, from + step * piece_bytes, size_of_part(step), cudaMemcpyDeviceToHost, stream_),
          "copy from the device");
      check(cudaEventRecord(piece.free, stream_), "copy from the device");
    }
    if (step + 1 < pieces) continue;
    const std::size_t arrived = step + 1 - pieces;
    if (arrived >= parts) break;
    const Piece& piece = ring_[arrived % pieces];
    check(cudaEventSynchronize(piece.free), "copy from the device");
    std::memcpy(to + arrived * piece_bytes, piece.memory, size_of_part(arrived));
  }
}

}  // namespace arbiter::cuda
