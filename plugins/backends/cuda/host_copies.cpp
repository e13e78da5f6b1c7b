#include "host_copies.hpp"

#include <algorithm>
#include <cstring>

#include "cuda_check.hpp"

namespace arbiter::cuda {

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
