#pragma once

#include <filesystem>
#include <string_view>

#include "arbiter/export.hpp"

namespace arbiter {

/// A new text file that grows by whole lines, each one write, so that a killed process leaves whole lines only. A file
/// already there is set aside first (set_aside()). Not synchronised.
class ARBITER_EXPORT LineFile {
 public:
  /// Creates parent folders. Throws SystemError.
  explicit LineFile(std::filesystem::path file);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// `line` has no line end. Throws SystemError (a full disk, say); what had been written of the line is removed.
  void append(std::string_view line);
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace arbiter
