#include <fmt/format.h>

#include "sweep/decision.hpp"
#include "sweep/log.hpp"
#include "sweep/runs.hpp"
#include "sweep/sink_fan_out.hpp"

namespace arbiter {

ExitCode run_from_data(const Config& config, const PluginHost& plugins, const DataRun& data) {
  const auto contents = read_data_dir(data.data_dir, data.platform, data.csv);
  for (const auto& warning : contents.warnings) log::warn(warning);
  if (contents.skipped_rows > 0) log::warn(fmt::format("{} malformed rows were skipped", contents.skipped_rows));
  const auto& dataset = contents.dataset;
  log::say(
      fmt::format("{} rows of {} from {}", dataset.rows().size(), dataset.machine().platform, data.data_dir.string()));

  const RunInfo run{config.output_dir, dataset.machine(), false, data.data_dir};
  SinkFanOut sinks(config, plugins, run);
  const auto decision = decide(config, plugins, dataset);
  sinks.write(make_report(config, plugins, run, dataset, contents.holdout, decision));
  return sinks.any_failed() || decision.any_failed ? ExitCode::failed : ExitCode::done;
}

}  // namespace arbiter
