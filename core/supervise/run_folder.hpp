// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "supervise/file_lock.hpp"

namespace arbiter {

/// The folder `unfinished` in the output folder of a run that measures: its checkpoint, and all that sinks write while
/// it measures, move up into the output folder when everything is measured. Until then the results of earlier runs
/// stay as they are. The object is that of the process which starts the run; it holds the lock of the output folder.
class RunFolder {
 public:
  /// How a new run finds its folder.
  struct Options {
    std::filesystem::path output_dir;
    bool resume = false;  ///< continue the unfinished run that is there; else it is set aside
    std::vector<std::string> command_line;
  };

  /// Says in a line what it does about an unfinished run that is there. Throws Error if another run is at work in the
  /// folder or if the unfinished run cannot be read; SystemError.
  explicit RunFolder(const Options& options);
  /// Removes `unfinished` if the run has measured nothing.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// The file of the checkpoint, an absolute path.
  [[nodiscard]] const std::filesystem::path& checkpoint() const { return checkpoint_; }

 private:
  FolderLock lock_;
  std::filesystem::path checkpoint_;
};

/// The folder `unfinished` of an output folder.
[[nodiscard]] std::filesystem::path unfinished_folder(const std::filesystem::path& output_dir);

/// Moves the files beside a checkpoint up into the output folder, which it may do again after a run was killed while it
/// did: files there with other contents are set aside. The checkpoint stays. Throws SystemError.
void publish(const std::filesystem::path& checkpoint);
/// publish(), and removes the folder with the checkpoint: the run is finished.
void finish(const std::filesystem::path& checkpoint);

}  // namespace arbiter
