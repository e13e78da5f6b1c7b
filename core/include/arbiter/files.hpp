// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "arbiter/export.hpp"

namespace arbiter {

/// Writes a whole file or nothing: writes beside it, syncs, then renames. Creates parent folders. Replaces a file that
/// exists. Throws SystemError.
ARBITER_EXPORT void write_file(const std::filesystem::path& file, std::string_view contents);
/// Likewise, for contents too long to be held: `write` calls its argument with one part after the other.
using WritePart = std::function<void(std::string_view part)>;
ARBITER_EXPORT void write_file(const std::filesystem::path& file, const std::function<void(const WritePart&)>& write);

/// Is told of every write_file() of this process while it lives, so that the runner knows what its sinks make and keeps
/// what they would replace. One at a time; not for plugins.
class ARBITER_EXPORT FileWatcher {
 public:
  /// Throws std::logic_error if there is another one.
  FileWatcher();
  virtual ~FileWatcher();
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

  /// Called before the file is created or replaced, by the thread that writes. `is_same` says whether the file exists
  /// and has the new contents already. What this throws, write_file() throws.
  virtual void before_write(const std::filesystem::path& file, const std::function<bool()>& is_same) = 0;
};

/// The contents of a file. Throws SystemError, also for a folder.
[[nodiscard]] ARBITER_EXPORT std::string read_file(const std::filesystem::path& file);

/// A text file that grows by whole lines, each one write, so a killed process leaves whole lines only. For sinks that
/// write while a run measures. Not synchronised.
class ARBITER_EXPORT LineFile {
 public:
  /// What happens to a file that exists.
  enum class Earlier : std::uint8_t {
    is_set_aside,  ///< it is renamed to <file>.1, or the next free number
    continues,  ///< lines that it has already, in order from its start, are not written again; at the first line that
                ///< differs it is cut, and written from there. For RunInfo::continues.
  };

  /// Creates parent folders. Throws SystemError.
  explicit LineFile(std::filesystem::path file, Earlier earlier = Earlier::is_set_aside);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// `line` does not end in a line end. Throws SystemError (a full disk, say); a line that was written in part is
  /// removed.
  void append(std::string_view line);
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  /// Whether the next line exists already; if not, cuts the file before it.
  [[nodiscard]] bool has_already(std::string_view text);

  std::filesystem::path file_;
  std::string earlier_;      // the earlier contents, until a line differs
  std::size_t matched_ = 0;  // bytes of `earlier_` that were written again
  int descriptor_ = -1;
};

}  // namespace arbiter
