#include "supervise/checkpoint.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "supervise/checkpoint_json.hpp"

namespace arbiter {

namespace {

/// The file begins with two texts of fixed room and the end marks, a byte for each rank; records, a line each, follow.
constexpr std::size_t slot_bytes = 4096;
constexpr std::size_t ranks_slot = 0;
constexpr std::size_t current_slot = slot_bytes;
constexpr std::size_t end_marks = 2 * slot_bytes;
constexpr std::size_t records_begin = 3 * slot_bytes;

int open_or_throw(const std::filesystem::path& file, int flags) {
  const int descriptor = ::open(file.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) throw SystemError("open " + file.string(), errno);
  return descriptor;
}

std::string read_at(int descriptor, std::size_t offset, std::size_t bytes) {
  std::string text(bytes, '\0');
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t part = ::pread(descriptor, text.data() + done, bytes - done, static_cast<off_t>(offset + done));
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) break;
    done += static_cast<std::size_t>(part);
  }
  text.resize(done);
  return text;
}

}  // namespace

Checkpoint::Checkpoint(const std::filesystem::path& file) : slots_(open_or_throw(file, O_RDWR)) {
  records_ = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  struct stat status {};
  const bool sized = records_ >= 0 && ::fstat(slots_, &status) == 0 &&
                     (static_cast<std::size_t>(status.st_size) >= records_begin ||
                      ::ftruncate(slots_, static_cast<off_t>(records_begin)) == 0);
  if (sized) return;
  const int error = errno;
  ::close(slots_);
  if (records_ >= 0) ::close(records_);
  throw SystemError("open " + file.string(), error);
}

Checkpoint::~Checkpoint() {
  ::close(slots_);
  ::close(records_);
}

std::unique_ptr<Checkpoint> Checkpoint::of_launcher() {
  const char* path = std::getenv(variable);
  if (path == nullptr || ::access(path, W_OK) != 0) return nullptr;
  return std::make_unique<Checkpoint>(path);
}

void Checkpoint::write_slot(std::size_t offset, const std::string& text) {
  // With its end, and never half: whoever reads it may come in between.
  if (text.size() >= slot_bytes) throw Error("the checkpoint has no room for " + text.substr(0, 60) + "...");
  if (::pwrite(slots_, text.c_str(), text.size() + 1, static_cast<off_t>(offset)) < 0) {
    throw SystemError("write the checkpoint", errno);
  }
}

std::string Checkpoint::slot(std::size_t offset) const {
  const std::string whole = read_at(slots_, offset, slot_bytes);
  return whole.substr(0, whole.find('\0'));
}

void Checkpoint::begin_launch() {
  write_ranks({});
  clear_current();
  write_slot(end_marks, std::string(slot_bytes - 1, '\0'));
}

void Checkpoint::write_ranks(const std::vector<pid_t>& processes) {
  std::string text;
  for (const pid_t process : processes) text += std::to_string(process) + " ";
  write_slot(ranks_slot, text);
}

std::vector<pid_t> Checkpoint::ranks() const {
  std::istringstream text(slot(ranks_slot));
  std::vector<pid_t> processes;
  for (pid_t process = 0; text >> process;) processes.push_back(process);
  return processes;
}

Checkpoint::TermMark Checkpoint::term_mark(int rank) const {
  return {slots_, static_cast<off_t>(end_marks) + std::min<off_t>(rank, slot_bytes - 1)};
}

bool Checkpoint::was_told_to_end(int rank) const {
  return read_at(slots_, static_cast<std::size_t>(term_mark(rank).offset), 1) == "\1";
}

void Checkpoint::write_current(const Cell& cell, double patience_seconds) {
  auto at = rendered_.find(cell);
  if (at == rendered_.end()) {
    if (!rendered_.empty() && rendered_.begin()->first.problem != cell.problem) rendered_.clear();
    at = rendered_.emplace(cell, journal_json::of_current({cell, patience_seconds})).first;
  }
  write_slot(current_slot, at->second);
}

void Checkpoint::clear_current() { write_slot(current_slot, ""); }

std::optional<Checkpoint::Current> Checkpoint::current() const {
  const auto text = slot(current_slot);
  if (text.empty()) return std::nullopt;
  return journal_json::current_of(text);
}

std::string Checkpoint::pulse() const {
  struct stat status {};
  static_cast<void>(::fstat(slots_, &status));
  return std::to_string(status.st_size) + slot(current_slot);
}

void Checkpoint::add(const std::string& line) {
  const std::string text = line + "\n";
  // One write: complaints of several ranks may come at once.
  if (::write(records_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw SystemError("write the checkpoint", errno);
  }
}

void Checkpoint::add_row(const Measurement& row) { add(journal_json::of_row(row)); }
void Checkpoint::add_broken(const BrokenCell& broken) { add(journal_json::of_broken(broken)); }
void Checkpoint::add_complaint(const std::string& text) { add(journal_json::of_complaint(text)); }

std::string Checkpoint::text() const {
  struct stat status {};
  if (::fstat(slots_, &status) != 0) throw SystemError("read the checkpoint", errno);
  return read_at(slots_, records_begin, static_cast<std::size_t>(status.st_size) - records_begin);
}

Checkpoint::Contents Checkpoint::contents_of(const std::string& text) {
  Contents contents;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) journal_json::add_to(contents, line);
  return contents;
}

}  // namespace arbiter
