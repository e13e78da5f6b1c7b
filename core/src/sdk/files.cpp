#include "arbiter/files.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace fs = std::filesystem;

namespace {

/// Closes and removes the unfinished file unless it was renamed away.
class TemporaryFile {
 public:
  explicit TemporaryFile(fs::path path) : path_(std::move(path)) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) throw SystemError("create " + path_.string(), errno);
  }
  ~TemporaryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::string_view contents) const {
    while (!contents.empty()) {
      const ssize_t written = ::write(descriptor_, contents.data(), contents.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw SystemError("write " + path_.string(), errno);
      contents.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(descriptor_) != 0) throw SystemError("write " + path_.string(), errno);
  }

  void rename_to(const fs::path& file) {
    if (::rename(path_.c_str(), file.c_str()) != 0) throw SystemError("write " + file.string(), errno);
    path_.clear();
  }

 private:
  fs::path path_;
  int descriptor_ = -1;
};

}  // namespace

void write_file(const fs::path& file, std::string_view contents) {
  if (file.has_parent_path()) {
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error) throw SystemError("create folder " + file.parent_path().string(), error.value());
  }
  TemporaryFile temporary(file.string() + ".tmp." + std::to_string(::getpid()));
  temporary.write(contents);
  temporary.rename_to(file);
}

std::string read_file(const fs::path& file) {
  if (fs::is_directory(file)) throw SystemError("read " + file.string(), EISDIR);
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw SystemError("read " + file.string(), errno);
  std::ostringstream contents;
  contents << stream.rdbuf();
  if (stream.bad()) throw SystemError("read " + file.string(), errno);
  return std::move(contents).str();
}

}  // namespace arbiter
