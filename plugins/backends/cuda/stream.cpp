#include "stream.hpp"

#include <chrono>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "cuda_check.hpp"

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

}  // namespace arbiter::cuda
