#include "windows.hpp"

#include <utility>

#include <dlfcn.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter::nccl {

namespace {

constexpr int first_version = NCCL_VERSION(2, 27, 0);

/// Looked up and not linked, so that with an older NCCL there is a reason instead of a plugin that does not load.
struct WindowApi {
  decltype(&ncclCommWindowRegister) add = nullptr;
  decltype(&ncclCommWindowDeregister) remove = nullptr;
};

WindowApi find_api() {
  WindowApi api;
  // The library is loaded: this plugin links it.
  void* library = ::dlopen("libnccl.so.2", RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) return api;
  api.add = reinterpret_cast<decltype(api.add)>(::dlsym(library, "ncclCommWindowRegister"));
  api.remove = reinterpret_cast<decltype(api.remove)>(::dlsym(library, "ncclCommWindowDeregister"));
  ::dlclose(library);
  return api;
}

const WindowApi& window_api() {
  static const WindowApi api = find_api();
  return api;
}

}  // namespace

Support supports_windows() {
  const int version = runtime_version();
  if (version >= first_version && window_api().add != nullptr && window_api().remove != nullptr) return Support::yes();
  return Support::no(fmt::format("NCCL {} is loaded; symmetric windows came with 2.27", version_text(version)));
}

Window::Window(std::shared_ptr<Communicator> communicator, void* memory, std::size_t bytes)
    : communicator_(std::move(communicator)) {
  communicator_->check(window_api().add(communicator_->get(), memory, bytes, &window_, NCCL_WIN_COLL_SYMMETRIC),
                       fmt::format("register {} bytes as a symmetric window", bytes));
  if (window_ == nullptr) {
    throw Error(
        fmt::format("NCCL {} makes no symmetric windows here: it needs cuMem memory (NCCL_CUMEM_ENABLE=1) and "
                    "peer access between all GPUs",
                    version_text(runtime_version())));
  }
}

Window::~Window() {
  if (window_ != nullptr) static_cast<void>(window_api().remove(communicator_->get(), window_));
}

}  // namespace arbiter::nccl
