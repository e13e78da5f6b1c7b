// SPDX-License-Identifier: Apache-2.0
#include "real_library.hpp"

#include <cstdlib>

#include <dlfcn.h>

#include "settings.hpp"

namespace arbiter::nccl {

namespace {

constexpr const char* soname = "libnccl.so.2";

[[noreturn]] void give_up(const std::string& text) {
  warn(text);
  std::abort();
}

/// The file that an address belongs to.
std::string file_of(const void* address) {
  Dl_info info{};
  return dladdr(address, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : "";
}

/// Not of a function of NCCL's name: that may be found in another library.
std::string own_file() { return file_of(reinterpret_cast<const void*>(&settings)); }

/// Null where the file is none, or is the drop-in under another name.
void* handle_of(const char* file, int flags) {
  void* handle = dlopen(file, flags);
  if (handle == nullptr) return nullptr;
  void* function = dlsym(handle, "ncclGetVersion");
  return function != nullptr && file_of(function) != own_file() ? handle : nullptr;
}

}  // namespace

RealLibrary::RealLibrary() {
  const std::string& wanted = settings().nccl_library;
  if (!wanted.empty()) {
    handle_ = handle_of(wanted.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) {
      const char* why = dlerror();
      give_up("ARBITER_NCCL_LIBRARY: found " + wanted + "; allowed: a libnccl.so.2 (" +
              (why != nullptr ? why : "this one has no NCCL functions of its own") + ")");
    }
  } else {
    // That which the program links, in whatever folder, comes before one that is only installed.
    if (const void* next = dlsym(RTLD_NEXT, "ncclGetVersion"); next != nullptr) {
      handle_ = handle_of(file_of(next).c_str(), RTLD_NOW | RTLD_NOLOAD);
    }
    if (handle_ == nullptr) handle_ = handle_of(soname, RTLD_NOW | RTLD_NOLOAD);
    if (handle_ == nullptr) handle_ = handle_of(soname, RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) {
      give_up(
          "found no libnccl.so.2; allowed: one that the program links, one in LD_LIBRARY_PATH, or the file in "
          "ARBITER_NCCL_LIBRARY");
    }
  }
  void* get_version = dlsym(handle_, "ncclGetVersion");
  path_ = file_of(get_version);
  reinterpret_cast<Result (*)(int*)>(get_version)(&version_);
  info("NCCL " + std::to_string(version_) + ": " + path_);
}

void* RealLibrary::find(const char* name) const { return dlsym(handle_, name); }

const RealLibrary& real_library() {
  static const auto* library = new RealLibrary;
  return *library;
}

}  // namespace arbiter::nccl
