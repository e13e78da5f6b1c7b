// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace arbiter {

/// Takes the kernel's lock (flock) on an open file; it ends when the last descriptor of this open() is closed, at the
/// latest with the process. False if another process keeps it for longer. True, without a lock, on file systems that
/// have none.
[[nodiscard]] bool lock_within(int descriptor, std::chrono::milliseconds patience);

/// One run at a time in a folder. While it lives, a file `lock` in the folder is locked and says who holds it: process,
/// host, since when, command line. The kernel ends the lock with the process, so that one of a killed run is never in
/// the way.
class FolderLock {
 public:
  /// Creates the folder. Throws Error if another run holds the lock, with its words; SystemError.
  FolderLock(std::filesystem::path folder, const std::vector<std::string>& command_line);
  /// Removes the file, and the folder if it was created here and is still empty.
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path folder_;
  std::filesystem::path file_;
  bool made_folder_ = false;
  int descriptor_ = -1;
};

}  // namespace arbiter
