#pragma once

#include <optional>
#include <string>
#include <vector>

#include "arbiter/sink.hpp"

namespace arbiter {

/// A way an engine can go, under the name its rule knows, and the strategies whose times stand for it: in each cell
/// the fastest of them. One strategy can stand for several paths.
struct EnginePath {
  std::string name;
  std::vector<std::string> strategies;
};

/// The measurements of `dataset` with paths in the place of strategies; those that stand for no path are left out.
[[nodiscard]] Dataset times_of_paths(const Dataset& dataset, const std::vector<EnginePath>& paths);

/// The rows that were (or were not) timed by replaying a CUDA graph.
[[nodiscard]] Dataset timed_in_graphs(const Dataset& dataset, bool graph);

/// For engines that do not tell the two apart: of each tp size the rows timed in graphs, as decoding runs, or, where
/// there are none, all.
[[nodiscard]] Dataset timed_as_engines_decode(const Dataset& dataset);

/// Whether any path of that name has a usable time.
[[nodiscard]] bool has_times(const Dataset& paths, const std::string& name);

/// 90 for a platform "sm90"; nothing, and a line that `sink` says, for a run that was not on GPUs: a run that asks for
/// every sink is no mistake on other machines.
[[nodiscard]] std::optional<int> sm_version(const Report& report, const std::string& sink);

/// "measured on sm90 (NVIDIA H200)": for the head of an artefact.
[[nodiscard]] std::string origin_text(const Machine& machine);

}  // namespace arbiter
