// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/parameters.hpp"
#include "arbiter/sink.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter {

// What the sinks that write for engines share.

/// An AllReduce path of an engine, by the name its rule has here, and the strategies that stand for it: in each cell
/// the fastest of them. One strategy can stand for several paths.
struct EnginePath {
  std::string name;
  std::vector<std::string> strategies;
};

/// The paths that parameters name strategies for, by the names of these parameters, which are lists of texts.
[[nodiscard]] std::vector<EnginePath> paths_of(const Parameters& parameters, std::initializer_list<const char*> names);

/// "vLLM's paths were measured as: custom: A, B; nccl: NCCL": for the head of an artefact.
[[nodiscard]] std::string stand_ins_text(const std::string& engine, const std::vector<EnginePath>& paths);

/// The measurements of `dataset` with paths in place of strategies; those that stand for no path are left out.
[[nodiscard]] Dataset times_of_paths(const Dataset& dataset, const std::vector<EnginePath>& paths);

/// The rows that were (or were not) timed by replaying a CUDA graph.
[[nodiscard]] Dataset timed_in_graphs(const Dataset& dataset, bool graph);

/// For engines that do not distinguish the two: of each tp_size the rows timed in graphs, as decoding runs, or all
/// where there are none.
[[nodiscard]] Dataset timed_as_engines_decode(const Dataset& dataset);

/// The dtype of an artefact that has no axis of dtypes: bfloat16, or the first of data without any.
[[nodiscard]] DType artefact_dtype(const Dataset& dataset);
/// Of the data of an artefact without an axis of dtypes, those that it is made of; of others a line of `sink` to the
/// user says that they are left out.
[[nodiscard]] Dataset of_artefact_dtype(const Report& report, const Dataset& dataset, const std::string& sink);

/// Whether a path has a usable time.
[[nodiscard]] bool has_times(const Dataset& paths, const std::string& name);

/// The path that an engine takes for a problem, given the numbers written for it.
using EngineRule = std::function<std::string(const Problem&)>;

/// 90 for the platform "sm90". For a run that was not on GPUs: nothing, and a line of `sink` to the user, as a run may
/// ask for every sink on any machine.
[[nodiscard]] std::optional<int> sm_version(const Report& report, const std::string& sink);

/// The selector of that name, the first one if it is empty. `sink` is for messages. Throws DataError: there is none.
[[nodiscard]] const Selector& find_selector(const Report& report, const std::string& name, std::string_view sink);

/// "measured on sm90 (NVIDIA H200)": for the head of an artefact.
[[nodiscard]] std::string origin_text(const Machine& machine);

/// What an artefact was made from, for its head: the setting, with the dtype if the artefact has no axis of dtypes; the
/// runs with their dates and versions; what differs between them. Lines without their ends; names in them are as they
/// are in the run, so each becomes a comment (common/source_text.hpp) before it is written.
[[nodiscard]] std::vector<std::string> origin_lines(const Report& report, std::optional<DType> dtype);

/// The head of an engine's artefact: "<title>, measured on sm90 (NVIDIA H200).", origin_lines(), and stand_ins_text()
/// if there are paths. Lines as those.
[[nodiscard]] std::vector<std::string> head_lines(const std::string& title, const Report& report, DType dtype,
                                                  const std::string& engine, const std::vector<EnginePath>& paths);

/// Such lines as the first comments of a Python file.
[[nodiscard]] std::string python_head(const std::vector<std::string>& lines);

/// A Python value for each tp_size.
using PythonDict = std::map<int, std::string>;

/// "{2: 64, 4: (0, 8)}".
[[nodiscard]] std::string python_text(const PythonDict& dict);

/// `bytes` in MiB, exactly: "64", "0.5". Python reads the same number back.
[[nodiscard]] std::string mib_text(std::int64_t bytes);

/// Reports the tp sizes of `expected` that `dict` lacks: "vllm: NAME has no tp 4, 6: not measured". `name` is that of
/// the dict in the engine.
void report_missing(const Report& report, const std::string& sink, const std::string& name,
                    const std::vector<int>& expected, const PythonDict& dict);

}  // namespace arbiter
