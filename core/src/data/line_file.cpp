#include "arbiter/line_file.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"

namespace arbiter {

LineFile::LineFile(std::filesystem::path file) : file_(std::move(file)) {
  if (file_.has_parent_path()) {
    std::error_code error;
    std::filesystem::create_directories(file_.parent_path(), error);
    if (error) throw SystemError("create folder " + file_.parent_path().string(), error.value());
  }
  set_aside(file_);
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw SystemError("create " + file_.string(), errno);
}

LineFile::~LineFile() { ::close(descriptor_); }

void LineFile::append(std::string_view line) {
  std::string text(line);
  text += '\n';
  const off_t start = ::lseek(descriptor_, 0, SEEK_END);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      if (rest.size() < text.size() && start >= 0 && ::ftruncate(descriptor_, start) != 0) {
        throw SystemError("write " + file_.string() + " (its last line is cut off)", error);
      }
      throw SystemError("write " + file_.string(), error);
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace arbiter
