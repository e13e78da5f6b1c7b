// SPDX-License-Identifier: Apache-2.0
#include "host/segment_file.hpp"

#include <cerrno>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/host/host_memory.hpp"

namespace arbiter {

namespace {

/// Rank 0's file for the other ranks: its path and its identity. A rank in another PID namespace would open another
/// file under the same path.
struct Invitation {
  std::int64_t pid = 0;
  std::int64_t descriptor = -1;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

/// Allocates the pages now: a page that is missing later is a SIGBUS instead of an error. Linux overcommits files in
/// memory and then kills a process, so the free memory is checked first.
int reserve(int descriptor, std::size_t bytes) {
  if (bytes > static_cast<std::size_t>(free_host_memory())) return ENOMEM;
  const auto length = static_cast<off_t>(bytes);
  if (ftruncate(descriptor, length) != 0) return errno;
  int error = 0;
  do {
    error = posix_fallocate(descriptor, 0, length);
  } while (error == EINTR);
  return error;
}

std::string segment_of(std::size_t bytes) { return fmt::format("reserve {} bytes of shared memory", bytes); }

std::string random_name() {
  std::random_device source;
  return fmt::format("/arbiter-{:08x}{:08x}{:08x}", source(), source(), source());
}

Descriptor accept(const Invitation& invitation) {
  const std::string path = fmt::format("/proc/{}/fd/{}", invitation.pid, invitation.descriptor);
  Descriptor opened(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat found {};
  const bool same = opened.valid() && fstat(opened.number(), &found) == 0 && found.st_dev == invitation.device &&
                    found.st_ino == invitation.inode;
  return same ? std::move(opened) : Descriptor();
}

}  // namespace

void agree_on_success(ProcessGroup& group, const std::string& action, int error_number) {
  std::vector<int> errors(static_cast<std::size_t>(group.size()));
  group.all_gather(&error_number, errors.data(), sizeof error_number);
  for (int rank = 0; rank < group.size(); ++rank) {
    const int error = errors[static_cast<std::size_t>(rank)];
    if (error == 0) continue;
    throw SystemError(group.broadcast(action, rank) + fmt::format(" on rank {}", rank), error);
  }
}

Descriptor open_nameless_segment(ProcessGroup& group, std::size_t bytes) {
  Descriptor file;
  Invitation invitation;
  int error = 0;
  if (group.rank() == 0) {
    file = Descriptor(memfd_create("arbiter", MFD_CLOEXEC));
    struct stat made {};
    if (!file.valid() || fchmod(file.number(), S_IRUSR | S_IWUSR) != 0 || fstat(file.number(), &made) != 0) {
      error = errno;
    } else {
      error = reserve(file.number(), bytes);
    }
    invitation = {getpid(), file.number(), made.st_dev, made.st_ino};
  }
  agree_on_success(group, segment_of(bytes), error);
  group.broadcast(&invitation, sizeof invitation, 0);
  if (group.rank() != 0) file = accept(invitation);
  return group.all(file.valid()) ? std::move(file) : Descriptor();
}

Descriptor open_named_segment(ProcessGroup& group, std::size_t bytes) {
  struct Unlink {
    std::string name;
    ~Unlink() {
      if (!name.empty()) shm_unlink(name.c_str());
    }
  };
  Unlink unlink_at_end;
  Descriptor file;
  std::string name;
  int error = 0;
  if (group.rank() == 0) {
    name = random_name();
    file = Descriptor(shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    error = file.valid() ? 0 : errno;
    if (file.valid()) {
      unlink_at_end.name = name;
      error = reserve(file.number(), bytes);
    }
  }
  agree_on_success(group, segment_of(bytes) + " in /dev/shm", error);
  name = group.broadcast(name, 0);
  if (group.rank() != 0) {
    file = Descriptor(shm_open(name.c_str(), O_RDWR | O_CLOEXEC, 0));
    error = file.valid() ? 0 : errno;
  }
  agree_on_success(group, "open " + name + " in /dev/shm", error);
  return file;
}

}  // namespace arbiter
