// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/files.hpp"

namespace arbiter {

/// What artefacts were made from. Artefacts of equal origins are the same files.
struct ArtefactOrigin {
  std::vector<std::string> runs;  ///< ids of the runs that made the rows, ascending; for people
  std::string data;               ///< rows_hash()
  std::string config;             ///< a hash of what decides about the artefacts besides the rows
  friend bool operator==(const ArtefactOrigin&, const ArtefactOrigin&) = default;
};

/// A hash of rows that does not depend on their order.
[[nodiscard]] std::string rows_hash(const Dataset& rows);
/// Those that the rows name, ascending.
[[nodiscard]] std::vector<std::string> run_ids(const Dataset& rows);

/// A folder that artefacts are written into. A manifest in it (artefacts.json) lists them and names their origin. While
/// this object lives, nothing of another origin is replaced: files that the manifest lists go into a folder
/// before.<date> together, and so does each file of no known origin that write_file() would replace by other contents.
/// CSVs, logs, machine files and records of runs at the top of the folder are measurements, which have rules of their
/// own.
class ArtefactFolder : private FileWatcher {
 public:
  /// Sets aside what the manifest lists if its origin differs. Throws SystemError.
  ArtefactFolder(std::filesystem::path dir, ArtefactOrigin origin, std::string manifest = "artefacts.json");
  ~ArtefactFolder() override = default;
  ArtefactFolder(const ArtefactFolder&) = delete;
  ArtefactFolder& operator=(const ArtefactFolder&) = delete;

  /// Writes the manifest: what was written through this object, and of an equal origin what was there. Throws
  /// SystemError.
  void close();
  /// "out: 3 artefacts of other data are now in before.20261128-031357"; empty if none was set aside.
  [[nodiscard]] std::string remark() const;

 private:
  void before_write(const std::filesystem::path& file, const std::function<bool()>& is_same) override;
  /// The files of a manifest of the same origin; those of another are set aside.
  void take_over(const std::string& text);
  void move_aside(const std::filesystem::path& relative);

  std::filesystem::path dir_;
  ArtefactOrigin origin_;
  std::string manifest_;
  std::mutex mutex_;
  std::set<std::string> files_;  // relative to the folder
  std::filesystem::path aside_;  // the folder of what is set aside; empty until there is something
  int moved_ = 0;
};

}  // namespace arbiter
