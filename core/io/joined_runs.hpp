// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "io/provenance.hpp"

namespace arbiter {

/// The runs whose rows stand in some CSVs of one folder, and whether these may be joined.
class JoinedRuns {
 public:
  /// Adds the runs of a file's rows. Their records are read from the folder of the file. Throws DataError and
  /// SystemError.
  void add(const std::filesystem::path& csv_file, const Dataset& rows);

  /// The runs that have a record, in order of first appearance.
  [[nodiscard]] std::vector<Provenance> known() const;
  /// Why the rows may not be joined, a line for each run that does not go with the first one: both by id, date and
  /// files, and what differs. Empty if they may.
  [[nodiscard]] std::vector<std::string> conflicts() const;
  /// Of the files without run ids, which other tools and Arbiter 0.1 wrote: the facts that their machine files differ
  /// in. More is not known of them.
  [[nodiscard]] std::vector<std::string> remarks() const;
  /// Why the rows may not be joined with those of another run; empty if they may.
  [[nodiscard]] std::string conflict_with(const Provenance& run) const;

 private:
  struct Run {
    std::string run_id;  ///< empty if the rows do not say
    std::vector<std::string> files;
    std::optional<Provenance> record;
  };
  struct MachineOfFile {
    std::string file;
    Machine machine;
  };
  [[nodiscard]] static std::string name_of(const Run& run);

  std::vector<Run> runs_;
  std::vector<MachineOfFile> machines_;  ///< of files without run ids
};

}  // namespace arbiter
