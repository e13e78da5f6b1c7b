// SPDX-License-Identifier: Apache-2.0
#include "link/device_link.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <regex>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nvJitLink.h>

#include "arbiter/error.hpp"

namespace arbiter::cuda {

namespace {

/// One link; errors carry the linker's message.
class Linker {
 public:
  Linker(std::string purpose, const std::vector<std::string>& options) : purpose_(std::move(purpose)) {
    std::vector<const char*> words;
    words.reserve(options.size());
    for (const std::string& option : options) words.push_back(option.c_str());
    const nvJitLinkResult result = nvJitLinkCreate(&handle_, static_cast<std::uint32_t>(words.size()), words.data());
    if (result != NVJITLINK_SUCCESS) {
      const bool unknown = result == NVJITLINK_ERROR_UNRECOGNIZED_ARCH || result == NVJITLINK_ERROR_UNSUPPORTED_ARCH;
      throw Error(fmt::format("{}: nvJitLink {} {} (options {}; result {})", purpose_, linker_version(),
                              unknown ? "does not know the architecture" : "refuses to start", fmt::join(options, " "),
                              static_cast<int>(result)));
    }
  }
  ~Linker() { static_cast<void>(nvJitLinkDestroy(&handle_)); }
  Linker(const Linker&) = delete;
  Linker& operator=(const Linker&) = delete;

  void add(const DeviceCode& part) {
    check_length(part);
    const nvJitLinkResult result =
        nvJitLinkAddData(handle_, NVJITLINK_INPUT_FATBIN, part.fatbin.data(), part.fatbin.size(), part.name.c_str());
    if (result != NVJITLINK_SUCCESS) fail(result, part.name + " is no device code for this architecture");
  }

  void complete() {
    const nvJitLinkResult result = nvJitLinkComplete(handle_);
    if (result != NVJITLINK_SUCCESS) fail(result, "the link failed");
  }

  [[nodiscard]] std::vector<std::byte> cubin() {
    std::size_t size = 0;
    nvJitLinkResult result = nvJitLinkGetLinkedCubinSize(handle_, &size);
    std::vector<std::byte> bytes(size);
    if (result == NVJITLINK_SUCCESS) result = nvJitLinkGetLinkedCubin(handle_, bytes.data());
    if (result != NVJITLINK_SUCCESS) fail(result, "no cubin was made");
    return bytes;
  }

  [[nodiscard]] std::string log() const { return text(nvJitLinkGetInfoLogSize, nvJitLinkGetInfoLog); }

 private:
  using Size = nvJitLinkResult (*)(nvJitLinkHandle, std::size_t*);
  using Get = nvJitLinkResult (*)(nvJitLinkHandle, char*);

  /// Without trailing line breaks; empty if the linker does not return it.
  [[nodiscard]] std::string text(Size size_of_text, Get get) const {
    std::size_t size = 0;
    if (size_of_text(handle_, &size) != NVJITLINK_SUCCESS || size == 0) return {};
    std::string result(size, '\0');
    if (get(handle_, result.data()) != NVJITLINK_SUCCESS) return {};
    result.resize(std::strlen(result.c_str()));
    while (!result.empty() && result.back() == '\n') result.pop_back();
    return result;
  }

  /// The linker never returns from a fatbin that is shorter than its header states.
  void check_length(const DeviceCode& part) const {
    struct {
      std::uint32_t magic;
      std::uint16_t version, header_bytes;
      std::uint64_t body_bytes;
    } header{};
    if (part.fatbin.size() >= sizeof header) std::memcpy(&header, part.fatbin.data(), sizeof header);
    if (header.magic != 0xba55ed50U || header.header_bytes > part.fatbin.size() ||
        header.body_bytes > part.fatbin.size() - header.header_bytes) {
      throw Error(fmt::format("{}: {} is no whole fatbin ({} bytes)", purpose_, part.name, part.fatbin.size()));
    }
  }

  [[noreturn]] void fail(nvJitLinkResult result, const std::string& what) const {
    const std::string said = text(nvJitLinkGetErrorLogSize, nvJitLinkGetErrorLog);
    std::string hint;
    if (std::smatch found; std::regex_search(said, found, std::regex("Unresolved extern \\w+ '([^']+)'"))) {
      hint = fmt::format("no part defines {}{}; ", found[1].str(),
                         found[1].str().starts_with("arbiter_epilogue_") ? " (the fusion's epilogue has to)" : "");
    }
    throw Error(fmt::format("{}: {}{}; the linker says (result {}): {}", purpose_, hint, what, static_cast<int>(result),
                            std::regex_replace(said, std::regex("\n+"), "; ")));
  }

  std::string purpose_;
  nvJitLinkHandle handle_ = nullptr;
};

}  // namespace

std::string linker_version() {
  unsigned major = 0;
  unsigned minor = 0;
  if (nvJitLinkVersion(&major, &minor) != NVJITLINK_SUCCESS) throw Error("nvJitLink does not say its version");
  return fmt::format("{}.{}", major, minor);
}

std::vector<std::string> link_options(const std::string& entry, int sm_version, const std::string& arch_suffix) {
  std::vector<std::string> options = {
      fmt::format("-arch=sm_{}{}", sm_version, arch_suffix), "-lto", "-O3", "-fma=0", "-Xptxas=-v", "-verbose"};
  if (!entry.empty()) options.push_back("-kernels-used=" + entry);
  return options;
}

LinkedCode link_device_code(std::span<const DeviceCode> parts, const std::string& entry, int sm_version,
                            const std::string& arch_suffix) {
  std::vector<std::string> names;
  for (const DeviceCode& part : parts) names.push_back(part.name);
  const std::string purpose = fmt::format("linking {} for sm_{}{} from {}", entry.empty() ? "all kernels" : entry,
                                          sm_version, arch_suffix, fmt::join(names, " and "));

  Linker linker(purpose, link_options(entry, sm_version, arch_suffix));
  for (const DeviceCode& part : parts) linker.add(part);
  linker.complete();
  LinkedCode code = linked_code(linker.cubin(), linker.log());
  const auto functions = cubin_functions(code.cubin);
  std::istringstream entries(entry);
  for (std::string name; std::getline(entries, name, ',');) {
    if (std::none_of(functions.begin(), functions.end(),
                     [&](const CubinFunction& function) { return function.is_kernel && function.name == name; })) {
      throw Error(fmt::format("{}: no part has a kernel {} (an extern \"C\" __global__ function)", purpose, name));
    }
  }
  return code;
}

}  // namespace arbiter::cuda
