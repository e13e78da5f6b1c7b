// SPDX-License-Identifier: Apache-2.0
// What nccl-tests write with -J (checked with version 3 of the format). Its environment and host names are not kept.
#include "io/nccl_json.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "io/field_values.hpp"
#include "io/nccl_points.hpp"
#include "io/text_lines.hpp"

namespace arbiter {

namespace {

using Json = nlohmann::json;

constexpr int most_ranks = 1 << 20;

/// How many of something each process has. Throws BadLine.
int count_of(const Json& config, const std::string& key, int most) {
  const Json found = config.value(key, Json(1));
  return static_cast<int>(whole_number("config." + key, found.dump(), 1, most));
}

/// The ranks of the first device's group: the list has one device for each process.
void read_config(const Json& config, ByteCurve& run) {
  int processes = 0;
  std::set<std::string> hosts;
  const Json devices = config.value("devices", Json::array());
  for (const Json& device : devices) {
    if (device.value("group", 0) != devices.front().value("group", 0)) continue;
    ++processes;
    hosts.insert(device.value("hostname", ""));
  }
  run.tp_size = std::min(processes, most_ranks);
  for (const char* key : {"nthreads", "ngpus"}) {
    run.tp_size *= count_of(config, key, most_ranks / std::max(run.tp_size, 1));
  }
  run.setting.hosts = std::max<int>(1, static_cast<int>(hosts.size()));
  run.setting.graph = config.value("graph", 0) != 0;
}

void read_result(const Json& result, const std::string& key, NcclPoints& points) {
  const Json side = result.value(key, Json());
  if (side.is_null()) return;
  if (!side.contains("time")) refuse_field(key, "no time", "time: run nccl-tests without -C");
  const double time_us = microseconds(key + ".time", side.at("time").dump());
  const Json wrong = side.value("nwrong", Json());
  points.time(key == "in_place", time_us, wrong.is_number() && wrong.get<double>() > 0.0);
}

}  // namespace

CurveContents read_nccl_json(const std::filesystem::path& file) {
  std::string place = "the file";
  try {
    const Json json = Json::parse(read_file(file));
    NcclPoints points(file);
    if (const Json args = json.value("args", Json::array()); !args.empty()) {
      points.program(args.front().get<std::string>());
    }
    if (json.contains("config")) read_config(json.at("config"), points.run());
    place = "results";
    std::size_t number = 0;
    for (const Json& result : json.at("results")) {
      place = fmt::format("results[{}]", number++);
      points.row({result.at("size").get<std::int64_t>(), result.at("count").get<std::int64_t>(),
                  result.value("type", ""), result.value("redop", "")});
      if (result.at("size") == 0) continue;
      read_result(result, "out_of_place", points);
      read_result(result, "in_place", points);
    }
    return points.take();
  } catch (const Json::parse_error& error) {
    throw DataError(
        fmt::format("{}: allowed: whole JSON, as nccl-tests write it with -J; found: {}", file.string(), error.what()));
  } catch (const Json::exception& error) {
    throw DataError(
        fmt::format("{}: {}: allowed: what nccl-tests write with -J; found: {}", file.string(), place, error.what()));
  } catch (const BadLine& error) {
    throw DataError(fmt::format("{}: {}: {}", file.string(), place, error.what()));
  }
}

}  // namespace arbiter
