// SPDX-License-Identifier: Apache-2.0
#include "link/linked_code.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <sstream>

#include <elf.h>

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

/// The number before `words`; 0 if the line does not have them, or a number that is too large.
int number_before(std::string_view line, std::string_view words) {
  for (auto at = line.find(words); at != std::string_view::npos; at = line.find(words, at + 1)) {
    if (at < 2 || line[at - 1] != ' ') continue;
    const auto digits = line.substr(0, at - 1);
    const auto before = digits.find_last_not_of("0123456789");
    const auto number = digits.substr(before == std::string_view::npos ? 0 : before + 1);
    int value = 0;
    if (number.empty()) continue;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    return read.ec == std::errc() ? value : 0;
  }
  return 0;
}

/// What stands between `words` and the first of `ends`; empty if the line does not have both.
std::string_view text_after(std::string_view line, std::string_view words, const char* ends) {
  const auto at = line.find(words);
  if (at == std::string_view::npos) return {};
  const auto rest = line.substr(at + words.size());
  return rest.substr(0, rest.find_first_of(ends));
}

}  // namespace

const KernelFacts* LinkedCode::kernel(std::string_view name) const {
  const auto found =
      std::find_if(kernels.begin(), kernels.end(), [&](const KernelFacts& kernel) { return kernel.name == name; });
  return found == kernels.end() ? nullptr : &*found;
}

std::vector<KernelFacts> kernel_facts(std::string_view log) {
  // Functions that were not inlined have their own lines, which do not count for the kernel.
  std::vector<KernelFacts> kernels;
  bool of_kernel = false;
  std::istringstream lines{std::string(log)};
  for (std::string line; std::getline(lines, line);) {
    if (const auto name = text_after(line, "Compiling entry function '", "'"); !name.empty()) {
      kernels.push_back({.name = std::string(name)});
      of_kernel = true;
    } else if (const auto subject = text_after(line, "Function properties for ", " \t\r"); !subject.empty()) {
      of_kernel = !kernels.empty() && subject == kernels.back().name;
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

}  // namespace arbiter::cuda
