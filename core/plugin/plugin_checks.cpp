// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_checks.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <link.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

constexpr std::size_t most_parameters = 1000;
constexpr unsigned char own_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;

/// Whether `count` records of `bytes` bytes from `offset` on are in a file of `size` bytes.
bool is_inside(std::uint64_t offset, std::uint64_t count, std::uint64_t bytes, std::uint64_t size) {
  return offset <= size && count <= (size - offset) / bytes;
}

/// Whether the file has its section table, which is at its end, and all that will be mapped.
bool is_whole(std::ifstream& stream, std::uint64_t size) {
  ElfW(Ehdr) header{};
  stream.read(reinterpret_cast<char*>(&header), sizeof header);
  if (!stream || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != own_class) {
    return false;
  }
  if (header.e_shnum == 0 || header.e_shentsize != sizeof(ElfW(Shdr)) ||
      !is_inside(header.e_shoff, header.e_shnum, sizeof(ElfW(Shdr)), size) ||
      header.e_phentsize != sizeof(ElfW(Phdr)) ||
      !is_inside(header.e_phoff, header.e_phnum, sizeof(ElfW(Phdr)), size)) {
    return false;
  }
  stream.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (int i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    stream.read(reinterpret_cast<char*>(&segment), sizeof segment);
    if (!stream || !is_inside(segment.p_offset, segment.p_filesz, 1, size)) return false;
  }
  return true;
}

/// The first difference between a plugin's stamp and the runner's as a sentence; empty if they are equal.
std::string difference(const BuildStamp& plugin, const BuildStamp& runner) {
  const auto differs = [](const char* what, std::uint32_t theirs, std::uint32_t ours) {
    return theirs == ours ? std::string() : fmt::format("its {} is {}, this Arbiter's is {}", what, theirs, ours);
  };
  for (auto text : {differs("compiler's ABI (__GXX_ABI_VERSION)", plugin.compiler_abi, runner.compiler_abi),
                    differs("_GLIBCXX_USE_CXX11_ABI", plugin.new_string_abi, runner.new_string_abi),
                    differs("size of Parameters", plugin.parameters, runner.parameters),
                    differs("size of Problem", plugin.problem, runner.problem),
                    differs("size of Measurement", plugin.measurement, runner.measurement),
                    differs("size of TensorSpec", plugin.tensor_spec, runner.tensor_spec),
                    differs("size of Support", plugin.support, runner.support)}) {
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace

void check_file_format(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (!stream) throw PluginError("cannot be read: " + std::generic_category().message(errno));
  if (error) throw PluginError("cannot be read: " + error.message());
  if (!is_whole(stream, size)) throw PluginError("is no complete shared object for this processor");
}

void check_descriptor(const PluginDescriptor& descriptor) {
  if (descriptor.abi_version != plugin_abi_version) {
    throw PluginError(fmt::format("was built for plugin ABI {}, this Arbiter has ABI {}: rebuild it",
                                  descriptor.abi_version, plugin_abi_version));
  }
  if (const auto text = difference(descriptor.build, BuildStamp{}); !text.empty()) {
    throw PluginError(fmt::format(
        "was built differently from this Arbiter: {}; rebuild it with this Arbiter's headers and compiler", text));
  }
  if (descriptor.kind > PluginKind::sink) {
    throw PluginError(fmt::format("has the unknown kind {}", static_cast<std::uint32_t>(descriptor.kind)));
  }
  if (descriptor.name == nullptr || *descriptor.name == '\0') throw PluginError("has no name in its descriptor");
  if (descriptor.kind == PluginKind::strategy && (descriptor.backend == nullptr || *descriptor.backend == '\0')) {
    throw PluginError(fmt::format("the strategy {} names no backend in its descriptor", descriptor.name));
  }
  if (descriptor.parameter_count > most_parameters ||
      (descriptor.parameters == nullptr && descriptor.parameter_count > 0)) {
    throw PluginError(fmt::format("has {} parameters in its descriptor{}; allowed: up to {}",
                                  descriptor.parameter_count, descriptor.parameters == nullptr ? " and no list" : "",
                                  most_parameters));
  }
}

}  // namespace arbiter
