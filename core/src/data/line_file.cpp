#include "arbiter/line_file.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"

namespace arbiter {

LineFile::LineFile(std::filesystem::path file, Earlier earlier) : file_(std::move(file)) {
  if (file_.has_parent_path()) {
    std::error_code error;
    std::filesystem::create_directories(file_.parent_path(), error);
    if (error) throw SystemError("create folder " + file_.parent_path().string(), error.value());
  }
  if (earlier == Earlier::is_set_aside) {
    set_aside(file_);
  } else if (std::filesystem::is_regular_file(file_)) {
    earlier_ = read_file(file_);
  }
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw SystemError("create " + file_.string(), errno);
}

LineFile::~LineFile() { ::close(descriptor_); }

bool LineFile::has_already(std::string_view text) {
  if (earlier_.empty()) return false;
  if (std::string_view(earlier_).substr(matched_).starts_with(text)) {
    matched_ += text.size();
    return true;
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(matched_)) != 0) throw SystemError("cut " + file_.string(), errno);
  earlier_.clear();
  return false;
}

void LineFile::append(std::string_view line) {
  std::string text(line);
  text += '\n';
  if (has_already(text)) return;
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
