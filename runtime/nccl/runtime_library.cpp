// SPDX-License-Identifier: Apache-2.0
#include "runtime_library.hpp"

#include <string>

#include <dlfcn.h>

#include "settings.hpp"

namespace arbiter::nccl {

namespace {

const std::string soname = "libarbiter_runtime.so." + std::to_string(ARBITER_RUNTIME_ABI);

/// The folder of this library, with a slash.
std::string own_folder() {
  Dl_info own{};
  if (dladdr(reinterpret_cast<const void*>(&runtime_library), &own) == 0 || own.dli_fname == nullptr) return "";
  const std::string file = own.dli_fname;
  return file.substr(0, file.rfind('/') + 1);
}

void* opened() {
  const std::string& wanted = settings().runtime_library;
  if (!wanted.empty()) return dlopen(wanted.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* beside = dlopen((own_folder() + soname).c_str(), RTLD_NOW | RTLD_LOCAL);
  return beside != nullptr ? beside : dlopen(soname.c_str(), RTLD_NOW | RTLD_LOCAL);
}

template <class Function>
bool find(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  return function != nullptr;
}

const RuntimeLibrary* load() {
  void* handle = opened();
  auto* library = new RuntimeLibrary;
  const bool complete = handle != nullptr && find(handle, "arbiter_comm_create", library->create) &&
                        find(handle, "arbiter_comm_reserve", library->reserve) &&
                        find(handle, "arbiter_all_reduce", library->all_reduce) &&
                        find(handle, "arbiter_path_of", library->path_of) &&
                        find(handle, "arbiter_explain", library->explain) &&
                        find(handle, "arbiter_comm_async_error", library->async_error) &&
                        find(handle, "arbiter_comm_get_info", library->get_info) &&
                        find(handle, "arbiter_comm_destroy", library->destroy) &&
                        find(handle, "arbiter_last_error", library->last_error) &&
                        find(handle, "arbiter_status_name", library->status_name) &&
                        find(handle, "arbiter_path_name", library->path_name);
  if (complete) return library;
  const char* why = dlerror();
  warn("everything goes to NCCL: " + soname + " does not load: " + (why != nullptr ? why : "it lacks functions"));
  delete library;
  return nullptr;
}

}  // namespace

const RuntimeLibrary* runtime_library() {
  static const RuntimeLibrary* library = load();
  return library;
}

}  // namespace arbiter::nccl
