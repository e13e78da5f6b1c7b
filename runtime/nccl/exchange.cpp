// SPDX-License-Identifier: Apache-2.0
#include "exchange.hpp"

#include <array>

#include <dlfcn.h>

#include "real_library.hpp"

namespace arbiter::nccl {

namespace {

using Address = std::uint64_t;  // CUdeviceptr

/// What is used of CUDA's driver. It is in any process that has a communicator of NCCL; the drop-in does not link it,
/// as it may be preloaded into processes without.
struct Driver {
  int (*device_get)(int*, int) = nullptr;
  int (*retain)(void**, int) = nullptr;
  int (*release)(int) = nullptr;
  int (*push)(void*) = nullptr;
  int (*pop)(void**) = nullptr;
  int (*stream_create)(Stream*, unsigned) = nullptr;
  int (*stream_destroy)(Stream) = nullptr;
  int (*stream_synchronize)(Stream) = nullptr;
  int (*allocate)(Address*, std::size_t) = nullptr;
  int (*free)(Address) = nullptr;
  int (*to_device)(Address, const void*, std::size_t, Stream) = nullptr;
  int (*to_host)(void*, Address, std::size_t, Stream) = nullptr;
  bool complete = false;
};

template <class Function>
bool find(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  return function != nullptr;
}

const Driver& driver() {
  static const Driver loaded = [] {
    Driver d;
    void* handle = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    d.complete =
        handle != nullptr && find(handle, "cuDeviceGet", d.device_get) &&
        find(handle, "cuDevicePrimaryCtxRetain", d.retain) && find(handle, "cuDevicePrimaryCtxRelease_v2", d.release) &&
        find(handle, "cuCtxPushCurrent_v2", d.push) && find(handle, "cuCtxPopCurrent_v2", d.pop) &&
        find(handle, "cuStreamCreate", d.stream_create) && find(handle, "cuStreamDestroy_v2", d.stream_destroy) &&
        find(handle, "cuStreamSynchronize", d.stream_synchronize) && find(handle, "cuMemAlloc_v2", d.allocate) &&
        find(handle, "cuMemFree_v2", d.free) && find(handle, "cuMemcpyHtoDAsync_v2", d.to_device) &&
        find(handle, "cuMemcpyDtoHAsync_v2", d.to_host);
    return d;
  }();
  return loaded;
}

/// The communicator's device is the thread's while this lives.
class CurrentContext {
 public:
  explicit CurrentContext(void* context) : pushed_(context != nullptr && driver().push(context) == 0) {}
  ~CurrentContext() {
    void* popped = nullptr;
    if (pushed_) driver().pop(&popped);
  }
  CurrentContext(const CurrentContext&) = delete;
  CurrentContext& operator=(const CurrentContext&) = delete;

 private:
  bool pushed_;
};

}  // namespace

Exchange::Exchange(Comm comm, int size, int device)
    : comm_(comm), size_(static_cast<std::size_t>(size)), device_(device) {
  constexpr unsigned not_blocked_by_the_default_stream = 1;
  int handle = 0;
  if (!driver().complete || driver().device_get(&handle, device_) != 0) return;
  if (driver().retain(&context_, handle) != 0) {
    context_ = nullptr;
    return;
  }
  const CurrentContext current(context_);
  if (driver().stream_create(&stream_, not_blocked_by_the_default_stream) != 0) stream_ = nullptr;
}

Exchange::~Exchange() {
  if (context_ == nullptr) return;
  {
    const CurrentContext current(context_);
    if (memory_ != 0) driver().free(memory_);
    if (stream_ != nullptr) driver().stream_destroy(stream_);
  }
  int handle = 0;
  if (driver().device_get(&handle, device_) == 0) driver().release(handle);
}

bool Exchange::make_room(std::size_t bytes) {
  if (bytes <= room_) return true;
  if (memory_ != 0) driver().free(memory_);
  room_ = 0;
  if (driver().allocate(&memory_, bytes) != 0) {
    memory_ = 0;
    return false;
  }
  room_ = bytes;
  return true;
}

bool Exchange::gather(const void* send, void* receive, std::size_t bytes) {
  if (stream_ == nullptr) return false;
  const CurrentContext current(context_);
  constexpr std::size_t smallest = 4096;
  const std::size_t all = bytes * size_;
  const std::size_t room = all + bytes;
  if (!make_room(room > smallest ? room : smallest)) return false;
  const Address own = memory_ + all;
  const auto as_pointer = [](Address address) {
    return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr): the driver's addresses are integers
  };
  if (driver().to_device(own, send, bytes, stream_) != 0) return false;
  if (call_real<"ncclAllGather", const void*, void*, std::size_t, DataType, Comm, Stream>(
          as_pointer(own), as_pointer(memory_), bytes, int8, comm_, stream_) != success) {
    return false;
  }
  return driver().to_host(receive, memory_, all, stream_) == 0 && driver().stream_synchronize(stream_) == 0;
}

int Exchange::callback(void* exchange, const void* send, void* receive, std::size_t bytes) {
  return static_cast<Exchange*>(exchange)->gather(send, receive, bytes) ? 0 : 1;
}

}  // namespace arbiter::nccl
