// SPDX-License-Identifier: Apache-2.0
#include "page_buffer.hpp"

#include <cstdint>
#include <limits>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/host/host_memory.hpp"

namespace arbiter::host {

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20U;

std::size_t round_up(std::size_t value, std::size_t to) { return (value + to - 1) / to * to; }

}  // namespace

PageBuffer::PageBuffer(std::size_t bytes) : bytes_(bytes) {
  // Checked first: Linux overcommits memory and kills a process that then uses it.
  const std::int64_t left = free_host_memory();
  const bool fits = bytes <= static_cast<std::size_t>(left) && bytes < std::numeric_limits<std::size_t>::max() / 4;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const bool large = bytes >= huge_page;
  const std::size_t alignment = large ? huge_page : page;
  if (fits) {
    mapped_ = round_up(bytes == 0 ? 1 : bytes, page) + (alignment - page);
    mapping_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  if (!fits || mapping_ == MAP_FAILED) {
    throw Error(fmt::format("cannot allocate {} bytes of host memory: {} bytes are free", bytes, left));
  }
  const std::size_t past = reinterpret_cast<std::uintptr_t>(mapping_) % alignment;
  data_ = static_cast<std::byte*>(mapping_) + (past == 0 ? 0 : alignment - past);
  if (large) madvise(data_, bytes_, MADV_HUGEPAGE);
}

PageBuffer::~PageBuffer() { munmap(mapping_, mapped_); }

}  // namespace arbiter::host
