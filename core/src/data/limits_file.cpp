#include <cmath>

#include <fmt/format.h>

#include "arbiter/csv.hpp"
#include "arbiter/files.hpp"
#include "arbiter/limits.hpp"
#include "set_aside.hpp"

namespace arbiter {

namespace {

std::string ranks(int rank) { return rank == LimitCase::all ? "all" : std::to_string(rank); }

std::string line_of(const LimitRow& row) {
  const auto& [limit, from, to, bytes, round_trips] = row.what;
  const bool is_time = limit == Limit::launch || limit == Limit::one_way;
  return fmt::format("{},{},{},{},{},{}\n", name_of(limit), ranks(from), ranks(to), bytes,
                     std::isnan(row.value) ? std::string() : fmt::format("{:.4g}", row.value), is_time ? "us" : "GB/s");
}

}  // namespace

std::string limits_file_name(int tp_size, std::string_view platform) {
  return fmt::format("limits.tp{}.{}.csv", tp_size, platform);
}

void write_limits(const std::filesystem::path& file, const Limits& limits) {
  std::string text = "limit,from,to,bytes,value,unit\n";
  for (const auto& row : limits.rows()) text += line_of(row);
  write_or_set_aside(file, text);
}

}  // namespace arbiter
