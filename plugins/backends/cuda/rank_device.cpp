#include "rank_device.hpp"

#include <fmt/format.h>

#include "cuda_check.hpp"

namespace arbiter::cuda {

namespace {

std::shared_ptr<Stream> stream_on(int device) {
  check(cudaSetDevice(device), fmt::format("take GPU {}", device));
  return std::make_shared<Stream>();
}

}  // namespace

RankDevice::RankDevice(int device)
    : number(device),
      stream(stream_on(device)),
      lingering(std::make_shared<LingeringMemory>()),
      pool(std::make_shared<MemoryPool>(device)),
      copies(stream->main()),
      kernels(stream, device) {}

}  // namespace arbiter::cuda
