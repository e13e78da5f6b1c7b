// SPDX-License-Identifier: Apache-2.0
#include "link/device_link.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <regex>
#include <sstream>
#include <string_view>

#include <elf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nvJitLink.h>

#include "arbiter/error.hpp"

namespace arbiter::cuda {

namespace {

/// The bit of st_other that marks kernels.
constexpr unsigned char kernel_mark = 0x10;

std::span<const std::byte> part(std::span<const std::byte> bytes, std::size_t offset, std::size_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) throw Error("the cubin is truncated");
  return bytes.subspan(offset, size);
}

template <class Record>
Record record(std::span<const std::byte> bytes, std::size_t offset) {
  Record result;
  std::memcpy(&result, part(bytes, offset, sizeof(Record)).data(), sizeof(Record));
  return result;
}

std::string name_at(std::span<const std::byte> names, std::size_t offset) {
  const auto rest = part(names, offset, names.size() - std::min(offset, names.size()));
  const auto end = std::find(rest.begin(), rest.end(), std::byte{0});
  std::string name;
  std::transform(rest.begin(), end, std::back_inserter(name), [](std::byte b) { return static_cast<char>(b); });
  return name;
}

}  // namespace

std::vector<CubinFunction> cubin_functions(std::span<const std::byte> cubin) {
  const auto header = record<Elf64_Ehdr>(cubin, 0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_machine != EM_CUDA || header.e_shentsize != sizeof(Elf64_Shdr)) {
    throw Error("the linker made no cubin (a 64-bit ELF file for CUDA devices)");
  }
  std::vector<Elf64_Shdr> sections;
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    sections.push_back(record<Elf64_Shdr>(cubin, header.e_shoff + i * sizeof(Elf64_Shdr)));
  }
  std::vector<CubinFunction> functions;
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_SYMTAB) continue;
    if (section.sh_link >= sections.size()) throw Error("the cubin's symbol table has no names");
    const auto symbols = part(cubin, section.sh_offset, section.sh_size);
    const auto names = part(cubin, sections[section.sh_link].sh_offset, sections[section.sh_link].sh_size);
    for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= symbols.size(); at += sizeof(Elf64_Sym)) {
      const auto symbol = record<Elf64_Sym>(symbols, at);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
      functions.push_back({name_at(names, symbol.st_name), (symbol.st_other & kernel_mark) != 0});
    }
  }
  return functions;
}

namespace {

/// The number before `words`; 0 if the line does not have them.
int number_before(const std::string& line, const std::string& words) {
  std::smatch found;
  return std::regex_search(line, found, std::regex("(\\d+) " + words)) ? std::stoi(found[1]) : 0;
}

}  // namespace

const KernelFacts* LinkedCode::kernel(std::string_view name) const {
  const auto found =
      std::find_if(kernels.begin(), kernels.end(), [&](const KernelFacts& kernel) { return kernel.name == name; });
  return found == kernels.end() ? nullptr : &*found;
}

std::vector<KernelFacts> kernel_facts(std::string_view log) {
  // Functions that were not inlined have their own lines, which do not count for the kernel.
  static const std::regex entry("Compiling entry function '([^']+)'");
  static const std::regex subject("Function properties for (\\S+)");
  std::vector<KernelFacts> kernels;
  bool of_kernel = false;
  std::istringstream lines{std::string(log)};
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_search(line, found, entry)) {
      kernels.push_back({.name = found[1]});
      of_kernel = true;
    } else if (std::regex_search(line, found, subject)) {
      of_kernel = !kernels.empty() && found[1] == kernels.back().name;
    } else if (of_kernel && line.find("spill stores") != std::string::npos) {
      kernels.back().stack_bytes = number_before(line, "bytes stack frame");
      kernels.back().spill_store_bytes = number_before(line, "bytes spill stores");
      kernels.back().spill_load_bytes = number_before(line, "bytes spill loads");
    } else if (of_kernel && line.find("registers") != std::string::npos) {
      kernels.back().registers = number_before(line, "registers");
      kernels.back().shared_bytes = number_before(line, "bytes smem");
    }
  }
  return kernels;
}

LinkedCode linked_code(std::vector<std::byte> cubin, std::string log) {
  LinkedCode code{.cubin = std::move(cubin), .log = std::move(log), .kernels = {}, .calls_left = {}};
  code.kernels = kernel_facts(code.log);
  for (const CubinFunction& function : cubin_functions(code.cubin)) {
    if (!function.is_kernel && !function.name.starts_with("$__internal_")) code.calls_left.push_back(function.name);
  }
  return code;
}

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
