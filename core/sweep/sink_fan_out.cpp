// SPDX-License-Identifier: Apache-2.0
#include "sweep/sink_fan_out.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "plugin/plugin_host.hpp"
#include "sweep/log.hpp"

namespace arbiter {

namespace {

constexpr const char* row_sink = "csv";

/// Those that name files of others: they come last, and with them the verdict stands at the end of the terminal.
bool writes_last(const PluginChoice& choice) { return choice.plugin == "report" || choice.plugin == "summary"; }

/// Of the exception in flight.
bool is_about_the_data() {
  try {
    throw;
  } catch (const DataError&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

SinkFanOut::SinkFanOut(const Config& config, const PluginHost& plugins, const RunInfo& run) {
  auto choices = config.sinks;
  const bool has_rows =
      std::any_of(choices.begin(), choices.end(), [](const auto& choice) { return choice.plugin == row_sink; });
  if (!has_rows && run.measures) {
    PluginChoice rows;
    rows.name = rows.plugin = row_sink;
    if (const auto* entry = plugins.find(PluginKind::sink, row_sink)) rows.parameters = Parameters(entry->parameters);
    choices.insert(choices.begin(), rows);
  }
  std::stable_partition(choices.begin(), choices.end(), [](const auto& choice) { return !writes_last(choice); });
  for (const auto& choice : choices) {
    auto& entry = entries_.emplace_back();
    entry.name = choice.name;
    entry.stores_rows = choice.plugin == row_sink;
    entry.by_name = choice.by_name;
    try {
      entry.sink = make_plugin<Sink>(plugins, PluginKind::sink, choice.plugin, choice.parameters);
    } catch (const PluginError& error) {
      if (choice.by_name || entry.stores_rows) throw;
      log::warn(fmt::format("the run continues without {}: {}", choice.name, error.what()));
      entries_.pop_back();
    }
  }
  each([&](Sink& sink) { sink.begin(run); });
}

template <class Call>
void SinkFanOut::each(const Call& call) {
  for (auto& entry : entries_) {
    if (entry.ended) continue;
    try {
      call(*entry.sink);
    } catch (...) {
      entry.ended = true;
      if (!entry.by_name && !entry.stores_rows && is_about_the_data()) {
        log::warn(fmt::format("the run continues without {}: {}", entry.name, what_was_thrown()));
        continue;
      }
      any_failed_ = true;
      rows_are_lost_ = rows_are_lost_ || entry.stores_rows;
      log::error(fmt::format("sink {}: {}", entry.name, what_was_thrown()));
    }
  }
}

void SinkFanOut::probed(const MachineProbe& probe) {
  each([&](Sink& sink) { sink.probed(probe); });
}

void SinkFanOut::measured(const Measurement& measurement) {
  each([&](Sink& sink) { sink.measured(measurement); });
}

void SinkFanOut::skipped(const Problem& problem, const std::string& strategy, const std::string& reason) {
  each([&](Sink& sink) { sink.skipped(problem, strategy, reason); });
}

void SinkFanOut::write(const Report& report) {
  each([&](Sink& sink) { sink.write(report); });
}

}  // namespace arbiter
