// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/dataset.hpp"
#include "sdk/text_hash.hpp"

namespace arbiter {

/// What made the rows of one run: run.<run_id>.json beside the CSVs. It names no user, no host and no absolute path.
struct Provenance {
  std::string run_id;   ///< see new_run_id()
  std::string date;     ///< of its start, UTC: "2026-11-28T03:13:57Z"
  std::string version;  ///< of Arbiter
  std::string commit;   ///< likewise; empty if it was not built from a checkout
  std::vector<std::string> command_line;
  std::string config_source;  ///< the name of the YAML
  std::string config;         ///< its text
  std::string config_hash;    ///< text_hash() of the text as it was read
  std::vector<std::string> overrides;
  /// What decides whether rows of two runs may stand in one table: backend, measurement section, strategies with all
  /// their parameters, holdout; by key of the YAML. Not tp sizes, fusions, shapes, heuristics, sinks: parts of one
  /// sweep differ in these.
  std::map<std::string, std::string> settings;
  Machine machine;                                 ///< with the versions of driver, CUDA, NCCL, MPI
  std::map<std::string, std::string> packages;     ///< of engines: "<strategy>.<name>" -> version
  std::map<std::string, std::string> environment;  ///< see timing_environment()
};

/// "20261128-031357-1a2b": the date and time in UTC, and four random digits for runs of the same second.
[[nodiscard]] std::string new_run_id();
/// Whether a text can be a run id: letters, digits and -, so that it names no file elsewhere.
[[nodiscard]] bool is_run_id(std::string_view text);
/// Now, as Provenance::date.
[[nodiscard]] std::string utc_date();

/// The hash of Provenance::settings.
[[nodiscard]] std::string settings_hash(const Provenance& provenance);
/// A hash that tells this machine from others and does not reveal which it is; empty if it has no /etc/machine-id.
[[nodiscard]] std::string machine_id();

/// "run.20261128-031357-1a2b.json".
[[nodiscard]] std::string provenance_file_name(std::string_view run_id);
/// Writes it into a folder, the whole file or nothing. Throws SystemError.
void write_provenance(const std::filesystem::path& dir, const Provenance& provenance);
/// Nothing if the folder has no file of that run. Throws DataError for a file that is none, of another run, or of a
/// newer Arbiter.
[[nodiscard]] std::optional<Provenance> read_provenance(const std::filesystem::path& dir, std::string_view run_id);

/// "0.2.0 (1a2b3c4d5e6f)": the Arbiter that made the run, with its commit if that is known.
[[nodiscard]] std::string arbiter_of(const Provenance& run);

/// Why rows of the two may not be joined: "driver: 535.1 / 550.2", one for each key. Empty if they may.
[[nodiscard]] std::vector<std::string> differences(const Provenance& first, const Provenance& second);
/// Why a run may not continue another's rows: that, and any difference of configuration and command line overrides.
/// Versions of packages count where both have them: each part of a run adds its own.
[[nodiscard]] std::vector<std::string> differences_to_continue(const Provenance& begun, const Provenance& now);
/// The same of the facts of two machines.
[[nodiscard]] std::vector<std::string> differences(const Machine& first, const Machine& second);

}  // namespace arbiter
