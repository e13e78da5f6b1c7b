// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/error.hpp"
#include "sweep/part.hpp"
#include "sweep/plan.hpp"

namespace arbiter {

/// What of a plugin runs; a crash there is its own.
enum class Phase : std::uint8_t { preparation, run, reference, destruction };

/// "while it was prepared", "while it ran", "while its reference was computed", "while it was destroyed".
[[nodiscard]] constexpr const char* text_of(Phase phase) {
  switch (phase) {
    case Phase::preparation: return "while it was prepared";
    case Phase::run: return "while it ran";
    case Phase::reference: return "while its reference was computed";
    case Phase::destruction: break;
  }
  return "while it was destroyed";
}

/// The name of all strategies, where it is none of them.
inline constexpr const char* any_strategy = "*";

/// What a sweep needs from the process that launched its ranks, so that fresh ranks can continue it if these break. The
/// defaults are those of a sweep that nobody restarts. Every function outlives the sweep.
struct RunHooks {
  /// The run's id, the same for fresh ranks that continue it; empty if nobody set it. On rank 0.
  std::string run_id;
  /// How the user started the run, for its record. On rank 0.
  std::vector<std::string> command_line;
  /// Whether fresh ranks take over when these end themselves.
  bool has_fresh_ranks = false;
  /// Whether these ranks take over from earlier ones.
  bool continues = false;
  /// What the earlier ranks measured, in order; the same on every rank.
  std::vector<Measurement> earlier_rows;
  /// The cells that the ranks of earlier parts skipped; on rank 0.
  std::vector<SkippedCell> earlier_skipped;
  /// What these ranks do of the sweep, the same on every rank; without a value all of it.
  std::optional<Part> part;

  /// Where sinks write while the run measures; empty: into the output folder. On rank 0.
  std::filesystem::path files_dir;
  /// Called on rank 0 when everything is measured: moves what is in files_dir into the output folder.
  std::function<void()> publish = [] {};
  /// Called on rank 0 at the end of the run, with its exit code: nothing is left to continue.
  std::function<void(ExitCode)> finish = [](ExitCode) {};

  /// The part of a plan that is left to measure, and what of it is skipped besides the plan's own. It depends on the
  /// plan and on earlier ranks only.
  std::function<Plan(const Plan&)> rest_of = [](const Plan& plan) { return Plan{plan.problems, {}}; };
  /// Why the cell, or its fusion there, broke earlier ranks, so that it fails without being run; empty if it did not.
  /// The same on every rank.
  std::function<std::string(const Problem&, const std::string& strategy)> why_broken =
      [](const Problem&, const std::string&) { return std::string(); };
  /// Called on every rank before code of a strategy runs, or with any_strategy before code of the problem's fusion.
  std::function<void(const PlannedProblem&, const std::string& strategy, Phase)> begins =
      [](const PlannedProblem&, const std::string&, Phase) {};
  /// Called on rank 0 with the cells that this part skips, for the ranks of the parts after it.
  std::function<void(const std::vector<SkippedCell>& cells)> record_skipped = [](const std::vector<SkippedCell>&) {};
  /// Called on every rank with the rows of a problem once they are measured. Throws SystemError if they cannot be kept.
  std::function<void(const std::vector<Measurement>& rows)> record = [](const std::vector<Measurement>&) {};
};

}  // namespace arbiter
