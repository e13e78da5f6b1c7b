// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "config/config.hpp"

namespace arbiter {

/// The contexts in the order in which a run decides by them: those of the configuration, or for CSVs without a word of
/// it what is nearest to an engine.
[[nodiscard]] std::vector<Context> deciding_contexts(const MeasurementConfig& config, bool measures);

/// The setting that decisions, tables and pictures are made of, of those that the rows have: the first context in
/// `contexts` that any of them has, and with it, where there are both, graph replays or eager runs as `graph` says.
/// `hosts` is the most that a problem of it was on.
[[nodiscard]] Setting choose_setting(const Dataset& rows, const std::vector<Context>& contexts, bool graph);

/// The rows of a setting. Its `hosts` does not count: of a tp size that was measured on several numbers of hosts, the
/// rows on the fewest.
[[nodiscard]] Dataset rows_of(const Dataset& rows, const Setting& setting);

/// "decisions, tables and pictures are of cuda, allreduce, graph, context engine; in the data are also: ...".
[[nodiscard]] std::string describe_choice(const Dataset& rows, const Setting& chosen);

}  // namespace arbiter
