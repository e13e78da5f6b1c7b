#include <cmath>

#include <fmt/format.h>

#include "arbiter/csv.hpp"
#include "arbiter/files.hpp"
#include "arbiter/machine_probe.hpp"
#include "io/set_aside.hpp"

namespace arbiter {

namespace {

std::string ranks(int rank) { return rank == ProbeCase::all ? "all" : std::to_string(rank); }

std::string line_of(const ProbeRow& row) {
  const auto& [kind, from, to, bytes, round_trips] = row.what;
  const bool is_time = kind == ProbeKind::launch || kind == ProbeKind::one_way;
  return fmt::format("{},{},{},{},{},{}\n", name_of(kind), ranks(from), ranks(to), bytes,
                     std::isnan(row.value) ? std::string() : fmt::format("{:.4g}", row.value), is_time ? "us" : "GB/s");
}

}  // namespace

std::string probe_file_name(int tp_size, std::string_view platform) {
  return fmt::format("machine_probe.tp{}.{}.csv", tp_size, platform);
}

void write_probe(const std::filesystem::path& file, const MachineProbe& probe) {
  std::string text = "kind,from,to,bytes,value,unit\n";
  for (const auto& row : probe.rows()) text += line_of(row);
  write_or_set_aside(file, text);
}

}  // namespace arbiter
