// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "arbiter/sink.hpp"
#include "common/engine_data.hpp"

namespace arbiter {

/// For the messages of a sink that writes for an engine.
struct EngineSource {
  const char* sink;     ///< "vllm"
  const char* engine;   ///< "vLLM"
  const char* example;  ///< a line of `strategies:` that measures one of its paths
};

/// The file among the configs that measures every engine.
inline constexpr const char* engines_config = "configs/engines.yaml";

/// What an engine's file is made of.
struct EngineRows {
  Dataset rows;          ///< every strategy, of all tp sizes and dtypes, replayed in graphs or not; never empty
  Dataset holdout = {};  ///< measured likewise but never fitted, to judge what was; may be empty

  /// For the head of the file: that of the first row.
  [[nodiscard]] const Setting& setting() const { return rows.rows().front().setting; }
};

/// The rows of the report that were measured in the engine context, whichever context decides: times of any other
/// context say nothing of an engine. A file without the column is of the context back_to_back. Nothing, after one line
/// of the sink that says what to add to a config, if no strategy of `kernels` has a time there: the paths that run the
/// engine's own kernels. Those of `libraries` (NCCL) make no file alone. Throws DataError: a path is given a kernel of
/// Arbiter's own, which no engine runs.
[[nodiscard]] std::optional<EngineRows> engine_rows(const Report& report, const EngineSource& source,
                                                    const std::vector<EnginePath>& kernels,
                                                    const std::vector<EnginePath>& libraries = {});

/// Leaves of both what an artefact is made of that has neither an axis of dtypes nor of graphs:
/// timed_as_engines_decode() and of_artefact_dtype().
void keep_artefact_rows(EngineRows& rows, const Report& report, const std::string& sink);

/// head_lines() for such rows, or the part of them that the file is made of. Paths of which `rows` have no time are
/// named as not measured.
[[nodiscard]] std::vector<std::string> engine_head(const std::string& title, const Report& report,
                                                   const EngineRows& rows, DType dtype, const EngineSource& source,
                                                   const std::vector<EnginePath>& paths);

}  // namespace arbiter
