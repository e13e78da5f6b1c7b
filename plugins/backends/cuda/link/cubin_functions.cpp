#include "link/cubin_functions.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <elf.h>

#include "arbiter/error.hpp"

namespace arbiter::cuda {

namespace {

/// How the toolkit marks kernels in st_other.
constexpr unsigned char kernel_mark = 0x10;

std::span<const std::byte> part(std::span<const std::byte> bytes, std::size_t offset, std::size_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) throw Error("the cubin is cut off");
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

}  // namespace arbiter::cuda
