#include <array>

#include <fmt/format.h>

#include "config/validate.hpp"

namespace arbiter {

namespace {

constexpr std::array<ParameterSpec, 9> specs = {{
    {"precision_percent", ParameterType::real, "1", "0.01..100", "half width of the median's 95 % interval to stop at"},
    {"time_budget_ms", ParameterType::integer, "200", "1..3600000", "the longest a cell may take"},
    {"min_samples", ParameterType::integer, "10", "1..1000000", ""},
    {"max_samples", ParameterType::integer, "1000", "1..1000000", ""},
    {"min_sample_us", ParameterType::real, "100", "0..10000000", "operations are repeated until a sample takes this"},
    {"timeout_ms", ParameterType::integer, "10000", "1..3600000", "bound of every wait for a peer"},
    {"seed", ParameterType::integer, "1", "0..", "of the random inputs"},
    {"graph", ParameterType::boolean, "true", "",
     "on a GPU: time replays of a CUDA graph, as engines run; false: eager"},
    {"probe", ParameterType::boolean, "false", "", "measure first what bounds every strategy: latency and bandwidth"},
}};

}  // namespace

void read_measurement(const ConfigCursor& root, Config& config) {
  Parameters values(specs);
  const YamlEntry* entry = root.node.find("measurement");
  if (entry != nullptr) {
    const ConfigCursor place = root.at(*entry);
    if (!expect_map(place, "a map with precision_percent, time_budget_ms, ...")) return;
    read_parameters(place, specs, values);
  }
  MeasurementConfig& measurement = config.measurement;
  measurement.precision_percent = values.real("precision_percent");
  measurement.time_budget_ms = values.integer("time_budget_ms");
  measurement.min_samples = values.integer("min_samples");
  measurement.max_samples = values.integer("max_samples");
  measurement.min_sample_us = values.real("min_sample_us");
  measurement.timeout_ms = values.integer("timeout_ms");
  measurement.seed = values.integer("seed");
  measurement.graph = values.boolean("graph");
  measurement.probe = values.boolean("probe");
  if (measurement.max_samples >= measurement.min_samples) return;
  const ConfigCursor place = root.at(*entry);
  const YamlEntry* maximum = place.node.find("max_samples");
  root.diagnostics.add(maximum != nullptr ? maximum->value.mark : place.node.find("min_samples")->value.mark,
                       "measurement.max_samples",
                       fmt::format("found {}; allowed: at least min_samples, which is {}", measurement.max_samples,
                                   measurement.min_samples));
}

}  // namespace arbiter
