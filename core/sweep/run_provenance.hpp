// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "arbiter/sink.hpp"
#include "config/config.hpp"
#include "io/provenance.hpp"
#include "sweep/instances.hpp"
#include "sweep/part.hpp"

namespace arbiter {

/// Of Arbiter. The build writes both; see cmake/BuildCommit.cmake.
[[nodiscard]] std::string built_version();
/// "1a2b3c4d5e6f", with -dirty after it if files were changed; empty if it was not built from a checkout.
[[nodiscard]] std::string built_commit();

/// Provenance::settings of a configuration.
[[nodiscard]] std::map<std::string, std::string> settings_of(const Config& config, const PluginHost& plugins);

/// The record of a run that starts now, with the environment of this process.
[[nodiscard]] Provenance make_provenance(const Config& config, const PluginHost& plugins, const Machine& machine,
                                         std::string run_id, const std::vector<std::string>& command_line);

/// Provenance::packages of the strategies that a part measures: "<strategy>.python" is the interpreter it runs in,
/// "<strategy>.torch" and the like are what Strategy::versions() says.
[[nodiscard]] std::map<std::string, std::string> package_versions(const Config& config, const Part& part,
                                                                  StrategySet& strategies);

/// What sinks are told of runs.
[[nodiscard]] std::vector<RunRecord> run_records(const std::vector<Provenance>& runs);

/// What the names of the configuration's strategies mean, without private parts, for decisions.
[[nodiscard]] std::vector<StrategyDefinition> strategy_definitions(const Config& config);

}  // namespace arbiter
