// SPDX-License-Identifier: Apache-2.0
#include "link/cache_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <random>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arbiter/error.hpp"

namespace arbiter::cuda {

namespace fs = std::filesystem;

namespace {

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

bool only_we_write(const struct stat& status) {
  return status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// Creates missing folders with mode 0700, whatever the umask.
void make_folders(const fs::path& path) {
  if (path.empty() || path == path.root_path() || ::access(path.c_str(), F_OK) == 0) return;
  make_folders(path.parent_path());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) throw SystemError("create folder " + path.string(), errno);
}

bool write_all(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

fs::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? fs::path() : fs::path(value);
}

}  // namespace

fs::path default_cache_folder() {
  if (fs::path own = from_environment("ARBITER_CACHE_DIR"); !own.empty()) return own;
  // The XDG specification says to ignore relative paths.
  if (const fs::path xdg = from_environment("XDG_CACHE_HOME"); xdg.is_absolute()) return xdg / "arbiter";
  if (const fs::path home = from_environment("HOME"); home.is_absolute()) return home / ".cache" / "arbiter";
  return {};
}

CacheFolder::CacheFolder(const fs::path& path) : path_(path) {
  make_folders(path.lexically_normal());
  folder_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) throw SystemError("open folder " + path.string(), errno);
  struct stat status {};
  const bool known = ::fstat(folder_, &status) == 0;
  if (!known || !only_we_write(status)) {
    ::close(folder_);
    throw Error(
        fmt::format("{} (owner {}, mode {:o}) is not safe to load code from: it must belong to user {} and "
                    "be writable by that user only",
                    path.string(), status.st_uid, status.st_mode & 07777U, ::geteuid()));
  }
}

CacheFolder::~CacheFolder() { ::close(folder_); }

std::optional<std::vector<std::byte>> CacheFolder::read(const std::string& name) const {
  // O_NONBLOCK: opening a pipe of that name would wait for a writer.
  const File file(::openat(folder_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &status) != 0) return std::nullopt;
  constexpr off_t largest = off_t{1} << 28;
  if (!S_ISREG(status.st_mode) || !only_we_write(status) || status.st_size > largest) return std::nullopt;
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t got = ::read(file.descriptor(), bytes.data() + at, bytes.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    at += static_cast<std::size_t>(got);
  }
  return bytes;
}

void CacheFolder::write(const std::string& name, std::span<const std::byte> bytes) const {
  // Random, not the process id: hosts may share the folder.
  std::random_device random;
  const std::string beside = fmt::format("{}.{:08x}{:08x}.tmp", name, random(), random());
  const auto fail = [&](int error) {
    ::unlinkat(folder_, beside.c_str(), 0);
    throw SystemError("write " + (path_ / name).string(), error);
  };
  const int descriptor = ::openat(folder_, beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) throw SystemError("write " + (path_ / name).string(), errno);
  const bool written = write_all(descriptor, bytes);
  const int error = errno;
  // Not synced: the checksum reveals a file that a power failure damaged.
  if (::close(descriptor) != 0 || !written) fail(written ? errno : error);
  if (::renameat(folder_, beside.c_str(), folder_, name.c_str()) != 0) fail(errno);
}

}  // namespace arbiter::cuda
