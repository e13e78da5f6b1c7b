// SPDX-License-Identifier: Apache-2.0
#include "driver.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "errors.hpp"

namespace arbiter::runtime {

namespace {

Driver load_driver() {
  void* const library = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = ::dlerror();
    throw CallError(ARBITER_UNSUPPORTED, fmt::format("there is no CUDA driver: {}", why == nullptr ? "?" : why));
  }
  const auto find = [&](const char* symbol) {
    void* const found = ::dlsym(library, symbol);
    if (found == nullptr) {
      throw CallError(ARBITER_UNSUPPORTED,
                      fmt::format("the CUDA driver has no {}: drivers for CUDA 12.0 and later are allowed", symbol));
    }
    return found;
  };
  Driver driver{};
#define ARBITER_FIND(name, function, symbol) driver.name = reinterpret_cast<decltype(driver.name)>(find(symbol))
  ARBITER_DRIVER_FUNCTIONS(ARBITER_FIND)
#undef ARBITER_FIND
  driver.capture_info = reinterpret_cast<decltype(driver.capture_info)>(find("cuStreamGetCaptureInfo_v2"));
  driver.check(driver.init(0), "start the CUDA driver");
  return driver;
}

}  // namespace

void Driver::fail(CUresult code, const std::string& action) const {
  const char* text = nullptr;
  if (error_string(code, &text) != CUDA_SUCCESS || text == nullptr) text = "unknown error";
  throw CallError(code == CUDA_ERROR_OUT_OF_MEMORY ? ARBITER_OUT_OF_MEMORY : ARBITER_CUDA_ERROR,
                  fmt::format("{}: {} (driver error {})", action, text, static_cast<int>(code)));
}

int Driver::attribute(CUdevice_attribute attribute, CUdevice device) const {
  int value = 0;
  check(device_attribute(&value, attribute, device), "ask for the GPU's properties");
  return value;
}

const Driver& driver() {
  static const Driver loaded = load_driver();
  return loaded;
}

CurrentContext::CurrentContext(CUcontext context) {
  CUcontext now = nullptr;
  driver().check(driver().context_current(&now), "ask for the current context");
  if (now == context) return;
  driver().check(driver().context_push(context), "make the device current");
  pushed_ = true;
}

CurrentContext::~CurrentContext() {
  CUcontext popped = nullptr;
  if (pushed_) static_cast<void>(driver().context_pop(&popped));
}

}  // namespace arbiter::runtime
