// SPDX-License-Identifier: Apache-2.0
#include "io/set_aside.hpp"

#include <cerrno>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"

namespace arbiter {

std::filesystem::path set_aside(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    throw SystemError("look at " + file.string(), errno);
  }
  if (S_ISDIR(status.st_mode)) throw SystemError("write " + file.string(), EISDIR);
  if (!S_ISREG(status.st_mode)) return {};
  for (int number = 1;; ++number) {
    std::filesystem::path old = file.string() + "." + std::to_string(number);
    // A link never replaces a file, unlike a rename.
    if (::link(file.c_str(), old.c_str()) == 0) {
      if (::unlink(file.c_str()) != 0) throw SystemError("rename " + file.string(), errno);
      return old;
    }
    if (errno == EEXIST) continue;
    // File systems without hard links.
    if (::access(old.c_str(), F_OK) == 0) continue;
    if (::rename(file.c_str(), old.c_str()) != 0) {
      throw SystemError("rename " + file.string() + " to " + old.string(), errno);
    }
    return old;
  }
}

void write_or_set_aside(const std::filesystem::path& file, std::string_view text) {
  if (std::filesystem::is_regular_file(file)) {
    if (read_file(file) == text) return;
    set_aside(file);
  }
  write_file(file, text);
}

}  // namespace arbiter
