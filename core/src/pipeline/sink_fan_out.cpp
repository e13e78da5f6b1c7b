#include "pipeline/sink_fan_out.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "pipeline/log.hpp"

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
    const auto* entry = plugins.find(PluginKind::sink, choice.plugin);
    if (entry == nullptr) throw PluginError(fmt::format("there is no sink plugin {}", choice.plugin));
    auto sink = plugins.create_as<Sink>(*entry, choice.parameters);
    if (sink == nullptr) throw PluginError(fmt::format("{}: its factory makes no sink", entry->file.string()));
    entries_.push_back({choice.name, std::move(sink)});
  }
  each([&](Sink& sink) { sink.begin(run); });
}

template <class Call>
void SinkFanOut::each(const Call& call) {
  for (auto& entry : entries_) {
    if (entry.failed) continue;
    try {
      call(*entry.sink);
    } catch (const std::exception& error) {
      entry.failed = any_failed_ = true;
      rows_are_lost_ = rows_are_lost_ || entry.name == row_sink;
      log::error(fmt::format("sink {}: {}", entry.name, error.what()));
    }
  }
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
