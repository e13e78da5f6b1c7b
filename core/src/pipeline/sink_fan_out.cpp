#include "pipeline/sink_fan_out.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/thrown.hpp"
#include "pipeline/log.hpp"
#include "pipeline/make_plugin.hpp"
#include "plugin/stray_output.hpp"

namespace arbiter {

namespace {

constexpr const char* row_sink = "csv";

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
  for (const auto& choice : choices) {
    auto& entry = entries_.emplace_back();
    entry.name = choice.name;
    entry.stores_rows = choice.plugin == row_sink;
    try {
      entry.sink = make_plugin<Sink>(plugins, PluginKind::sink, choice.plugin, choice.parameters);
    } catch (const PluginError& error) {
      if (choice.by_name || entry.stores_rows) throw;
      log::warn(fmt::format("the run goes on without {}: {}", choice.name, error.what()));
      entries_.pop_back();
    }
  }
  each([&](Sink& sink) { sink.begin(run); });
}

template <class Call>
void SinkFanOut::each(const Call& call) {
  for (auto& entry : entries_) {
    if (entry.failed) continue;
    try {
      call(*entry.sink);
    } catch (...) {
      entry.failed = any_failed_ = true;
      rows_are_lost_ = rows_are_lost_ || entry.stores_rows;
      log::error(fmt::format("sink {}: {}", entry.name, what_was_thrown()));
    }
    mention_stray_output(entry);
  }
}

void SinkFanOut::mention_stray_output(Entry& entry) {
  const auto stray = take_stray_output();
  if (stray.empty() || entry.mentioned) return;
  entry.mentioned = true;
  log::warn(
      fmt::format("sink {} wrote to standard output, which is for results: \"{}\"; Report::say() tells a person "
                  "a line",
                  entry.name, stray));
}

void SinkFanOut::limits(const Limits& limits) {
  each([&](Sink& sink) { sink.limits(limits); });
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
