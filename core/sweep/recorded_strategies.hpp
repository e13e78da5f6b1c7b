// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "io/provenance.hpp"

namespace arbiter {

/// For rows that were measured elsewhere: adds the strategies that the records of their runs have and the configuration
/// does not name, with the parameters of the run as texts and the table ids of its configuration, if nothing else has
/// them. Of several runs the first one that has a name tells what it is. Where the configuration names none, its
/// strategies are those of this machine, which say nothing of the rows: those of the records replace them, if there are
/// none too, and so does their backend.
void add_recorded_strategies(Config& config, const std::vector<Provenance>& runs, const PluginHost& plugins);

/// A line about the strategies that runs of Arbiter measured and of which neither the configuration nor a record nor an
/// installed plugin says what they are; empty if there are none.
[[nodiscard]] std::string unrecorded_strategies(const Dataset& rows, const Config& config, const PluginHost& plugins);

}  // namespace arbiter
