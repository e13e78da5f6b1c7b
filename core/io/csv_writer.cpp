// SPDX-License-Identifier: Apache-2.0
// The CSVs Arbiter writes: measurements, machine probes, regret.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/csv.hpp"
#include "arbiter/machine_probe.hpp"
#include "arbiter/names.hpp"
#include "arbiter/regret.hpp"
#include "io/csv_columns.hpp"
#include "io/csv_fields.hpp"
#include "io/set_aside.hpp"
#include "model/nanoseconds.hpp"

namespace arbiter {

namespace {

/// Microseconds to the nanosecond, in the fewest digits that read back as the same double.
std::string time_field(double microseconds) {
  if (!std::isfinite(microseconds)) return {};
  const double rounded = rounded_to_nanoseconds(microseconds);
  // A measured time is never zero, which the reader refuses.
  return fmt::format("{}", rounded <= 0.0 && microseconds > 0.0 ? 0.001 : rounded);
}

std::string_view status_of(const Measurement& row) {
  if (row.usable()) return "ok";
  return row.suspect && !row.failed ? "suspect" : "failed";
}

std::string line_of(const Measurement& row) {
  const Problem& p = row.problem;
  const Setting& setting = row.setting;
  const std::string_view status = status_of(row);
  const auto count = [](std::int64_t value) { return value > 0 ? fmt::format("{}", value) : std::string(); };
  // In the order of csv_column_names.
  const std::array<std::string, csv_column_names.size()> fields = {
      fmt::format("{}", p.tp_size),
      std::string(name_of(p.dtype)),
      fmt::format("{}", p.message_bytes()),
      fmt::format("{}", p.num_tokens),
      fmt::format("{}", p.hidden_size),
      csv_field(row.strategy),
      csv_field(p.fusion),
      csv_field(setting.op),
      status == "failed" ? std::string() : time_field(row.time_us),
      csv_field(setting.backend),
      fmt::format("{}", setting.hosts),
      fmt::format("{}", setting.graph),
      std::string(name_of(setting.context)),
      std::string(name_of(row.numerics)),
      std::string(status),
      count(row.iterations_per_sample),
      count(row.tensor_sets),
      count(row.samples),
      time_field(row.min_us),
      time_field(row.p95_us),
      time_field(row.ci_low_us),
      time_field(row.ci_high_us),
      std::isnan(row.error) ? std::string() : fmt::format("{}", row.error),
      time_field(row.lower_bound_us),
      csv_field(row.run_id),
      fmt::format("{}", csv_schema)};
  return fmt::format("{}", fmt::join(fields, ","));
}

std::string ranks(int rank) { return rank == ProbeCase::all ? "all" : std::to_string(rank); }

std::string line_of(const ProbeRow& row) {
  const auto& [kind, from, to, bytes, round_trips] = row.what;
  const bool is_time = kind == ProbeKind::launch || kind == ProbeKind::one_way;
  return fmt::format("{},{},{},{},{},{}", name_of(kind), ranks(from), ranks(to), bytes,
                     std::isnan(row.value) ? std::string() : fmt::format("{:.4g}", row.value), is_time ? "us" : "GB/s");
}

}  // namespace

CsvWriter::CsvWriter(std::filesystem::path file, LineFile::Earlier earlier) : lines_(std::move(file), earlier) {
  lines_.append(fmt::format("{}", fmt::join(csv_column_names, ",")));
}

void CsvWriter::append(const Measurement& measurement) { lines_.append(line_of(measurement)); }

std::string probe_file_name(int tp_size, std::string_view platform) {
  return fmt::format("machine_probe.tp{}.{}.csv", tp_size, file_name(platform));
}

void write_probe(const std::filesystem::path& file, const MachineProbe& probe, std::string_view run_id) {
  std::string text = "kind,from,to,bytes,value,unit,run_id,schema\n";
  for (const auto& row : probe.rows()) text += fmt::format("{},{},{}\n", line_of(row), csv_field(run_id), csv_schema);
  write_or_set_aside(file, text);
}

std::string regret_csv(const std::vector<RegretRow>& rows, const Report& report) {
  std::string text =
      "selector,source,data,tp_size,fusion,cells,unmeasured,mean_percent,p95_percent,worst_percent,"
      "share_within_1_percent,regions,op,graph,context,run_id,schema\n";
  std::string runs;
  for (const RunRecord& run : report.run.runs) runs += (runs.empty() ? "" : " ") + run.id;
  const std::string origin = fmt::format("{},{},{},{},{}", csv_field(report.setting.op), report.setting.graph,
                                         name_of(report.setting.context), csv_field(runs), csv_schema);
  for (const RegretRow& row : rows) {
    for (const bool holdout : {false, true}) {
      const Regret& regret = holdout ? row.holdout : row.grid;
      if (regret.cells == 0) continue;
      const bool known = regret.cells > regret.unmeasured;
      const auto percent = [&](double share) { return known ? fmt::format("{:.4f}", 100.0 * share) : std::string(); };
      const bool counted = !holdout && row.source != RegretSource::measured;
      text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(row.selector), name_of(row.source),
                          holdout ? "holdout" : "grid", row.tp_size == 0 ? "all" : std::to_string(row.tp_size),
                          row.fusion.empty() ? "all" : csv_field(row.fusion), regret.cells, regret.unmeasured,
                          percent(regret.mean), percent(regret.p95), percent(regret.worst),
                          known ? fmt::format("{:.4f}", regret.within_one_percent) : "",
                          counted ? std::to_string(row.regions) : "", origin);
    }
  }
  return text;
}

}  // namespace arbiter
