#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "arbiter/export.hpp"

namespace arbiter {

/// Writes a whole file or nothing: beside it first, synced, then renamed. Creates parent folders. Throws SystemError.
ARBITER_EXPORT void write_file(const std::filesystem::path& file, std::string_view contents);

/// The whole file. Throws SystemError (also for a folder).
[[nodiscard]] ARBITER_EXPORT std::string read_file(const std::filesystem::path& file);

/// Renames a regular file to <file>.1, or the next free number, so that nothing is overwritten. Returns the new name;
/// an empty path if there is no such file (or it is a device). Throws SystemError.
ARBITER_EXPORT std::filesystem::path set_aside(const std::filesystem::path& file);

/// A text file that grows by whole lines, each one write, so that a killed process leaves whole lines only. Not
/// synchronised.
class ARBITER_EXPORT LineFile {
 public:
  /// What becomes of a file that is already there.
  enum class Earlier : std::uint8_t {
    is_set_aside,  ///< set_aside()
    continues,     ///< lines that it has already, in order from its start, are not written again; from the first that
                   ///< differs on it is written anew
  };

  /// Creates parent folders. Throws SystemError.
  explicit LineFile(std::filesystem::path file, Earlier earlier = Earlier::is_set_aside);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// `line` has no line end. Throws SystemError (a full disk, say); what had been written of the line is removed.
  void append(std::string_view line);
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  /// Whether the next line is there already; if it is not, the file ends before it from now on.
  [[nodiscard]] bool has_already(std::string_view text);

  std::filesystem::path file_;
  std::string earlier_;      // what the file has had and is not told again yet
  std::size_t matched_ = 0;  // bytes of it that were
  int descriptor_ = -1;
};

}  // namespace arbiter
