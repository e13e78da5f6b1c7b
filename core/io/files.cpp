// SPDX-License-Identifier: Apache-2.0
#include "arbiter/files.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "io/set_aside.hpp"

namespace arbiter {

namespace fs = std::filesystem;

namespace {

void make_parent_folder(const fs::path& file) {
  if (!file.has_parent_path()) return;
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) throw SystemError("create folder " + file.parent_path().string(), error.value());
}

/// Writes a text. Returns what could not be written, which is empty without an error; else errno is set.
std::string_view write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return text;
}

/// What there is of it, from its start.
std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 65536> part{};
  for (;;) {
    const ssize_t count = ::pread(descriptor, part.data(), part.size(), static_cast<off_t>(text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

/// A file that is removed again unless rename_to() was called.
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
    if (!write_all(descriptor_, contents).empty()) throw SystemError("write " + path_.string(), errno);
  }

  void sync() const {
    if (::fsync(descriptor_) != 0) throw SystemError("write " + path_.string(), errno);
  }

  [[nodiscard]] const fs::path& path() const { return path_; }

  void rename_to(const fs::path& file) {
    if (::rename(path_.c_str(), file.c_str()) != 0) throw SystemError("write " + file.string(), errno);
    path_.clear();
  }

 private:
  fs::path path_;
  int descriptor_ = -1;
};

fs::path temporary_name(const fs::path& file) { return file.string() + ".tmp." + std::to_string(::getpid()); }

bool have_same_contents(const fs::path& one, const fs::path& other) {
  std::error_code error;
  if (fs::file_size(one, error) != fs::file_size(other, error) || error) return false;
  std::ifstream a(one, std::ios::binary);
  std::ifstream b(other, std::ios::binary);
  return a && b && std::equal(std::istreambuf_iterator(a), {}, std::istreambuf_iterator(b));
}

std::atomic<FileWatcher*> watcher = nullptr;

}  // namespace

FileWatcher::FileWatcher() {
  FileWatcher* none = nullptr;
  if (!watcher.compare_exchange_strong(none, this)) throw std::logic_error("there is a file watcher already");
}

FileWatcher::~FileWatcher() { watcher = nullptr; }

void write_file(const fs::path& file, std::string_view contents) {
  if (FileWatcher* told = watcher; told != nullptr) {
    told->before_write(file, [&] { return fs::is_regular_file(file) && read_file(file) == contents; });
  }
  make_parent_folder(file);
  TemporaryFile temporary(temporary_name(file));
  temporary.write(contents);
  temporary.sync();
  temporary.rename_to(file);
}

void write_file(const fs::path& file, const std::function<void(const WritePart&)>& write) {
  make_parent_folder(file);
  TemporaryFile temporary(temporary_name(file));
  write([&](std::string_view part) { temporary.write(part); });
  temporary.sync();
  if (FileWatcher* told = watcher; told != nullptr) {
    told->before_write(file, [&] { return have_same_contents(file, temporary.path()); });
  }
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

LineFile::LineFile(std::filesystem::path file, Earlier earlier) : file_(std::move(file)) {
  make_parent_folder(file_);
  if (earlier == Earlier::is_set_aside) set_aside(file_);
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw SystemError("create " + file_.string(), errno);
  if (earlier == Earlier::continues) earlier_ = read_all(descriptor_);
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
  const std::string_view rest = write_all(descriptor_, text);
  if (rest.empty()) return;
  const int error = errno;
  if (rest.size() < text.size() && start >= 0 && ::ftruncate(descriptor_, start) != 0) {
    throw SystemError("write " + file_.string() + " (its last line is cut off)", error);
  }
  throw SystemError("write " + file_.string(), error);
}

}  // namespace arbiter
