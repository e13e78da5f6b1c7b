// SPDX-License-Identifier: Apache-2.0
#include "supervise/file_lock.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "arbiter/names.hpp"
#include "io/provenance.hpp"

namespace arbiter {

namespace {

std::string holder(const std::vector<std::string>& command_line) {
  std::array<char, 256> host{};
  static_cast<void>(::gethostname(host.data(), host.size() - 1));
  return plain_text(
      fmt::format("process {} on {} since {}: {}", ::getpid(), host.data(), utc_date(), fmt::join(command_line, " ")));
}

[[noreturn]] void refuse_folder(const std::filesystem::path& folder, int code) {
  throw ConfigError(
      fmt::format("{}: the folder cannot be written to ({}); allowed: another one, as in --output_dir DIR",
                  folder.string(), std::generic_category().message(code)));
}

/// Whether the path still names the open file: the holder of before may have removed it meanwhile.
bool is_still_named(int descriptor, const std::filesystem::path& file) {
  struct stat open_file {};
  struct stat named {};
  return ::fstat(descriptor, &open_file) == 0 && ::stat(file.c_str(), &named) == 0 &&
         open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

}  // namespace

bool lock_within(int descriptor, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  constexpr std::chrono::milliseconds pause{20};
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

FolderLock::FolderLock(std::filesystem::path folder, const std::vector<std::string>& command_line)
    : folder_(std::move(folder)), file_(folder_ / "lock") {
  std::error_code error;
  made_folder_ = std::filesystem::create_directories(folder_, error);
  if (error) refuse_folder(folder_, error.value());
  for (;;) {
    descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor_ < 0) refuse_folder(folder_, errno);
    // The one who has it needs a moment to say so.
    constexpr std::chrono::milliseconds patience{200};
    if (!lock_within(descriptor_, patience)) {
      ::close(descriptor_);
      throw Error(
          fmt::format("{}: another run is at work in this folder ({}); wait for it, or choose another folder "
                      "with --output_dir",
                      folder_.string(), read_file(file_)));
    }
    if (is_still_named(descriptor_, file_)) break;
    ::close(descriptor_);
  }
  const auto text = holder(command_line);
  static_cast<void>(!::ftruncate(descriptor_, 0));
  static_cast<void>(!::pwrite(descriptor_, text.data(), text.size(), 0));
}

FolderLock::~FolderLock() {
  ::unlink(file_.c_str());
  ::close(descriptor_);
  if (made_folder_) ::rmdir(folder_.c_str());
}

}  // namespace arbiter
