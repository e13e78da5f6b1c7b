// SPDX-License-Identifier: Apache-2.0
#include "arbiter/host/shared_segment.hpp"

#include <cerrno>
#include <limits>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "host/segment_file.hpp"

namespace arbiter {

SharedSegment::SharedSegment(ProcessGroup& group, std::size_t bytes_per_rank) {
  const auto ranks = static_cast<std::size_t>(group.size());
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t largest = static_cast<std::size_t>(std::numeric_limits<off_t>::max()) / ranks - page;
  if (bytes_per_rank > largest) {
    throw Error(fmt::format("shared memory: {} bytes for each of {} ranks is more than a file can hold", bytes_per_rank,
                            ranks));
  }
  stride_ = (bytes_per_rank + page - 1) / page * page;
  if (stride_ == 0) stride_ = page;
  mapped_ = stride_ * ranks;

  Descriptor file = open_nameless_segment(group, mapped_);
  if (!file.valid()) file = open_named_segment(group, mapped_);

  // Populated, so that page faults are not measured as part of the first operations.
  void* mapping = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file.number(), 0);
  const int error = mapping == MAP_FAILED ? errno : 0;
  if (error == 0) base_ = static_cast<std::byte*>(mapping);
  try {
    agree_on_success(group, fmt::format("map {} bytes of shared memory", mapped_), error);
  } catch (...) {
    if (error == 0) munmap(mapping, mapped_);
    throw;
  }
}

SharedSegment::~SharedSegment() {
  if (base_ != nullptr) munmap(base_, mapped_);
}

}  // namespace arbiter
