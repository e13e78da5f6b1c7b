// SPDX-License-Identifier: Apache-2.0
#include "io/provenance.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <random>
#include <sstream>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "arbiter/names.hpp"
#include "io/csv_columns.hpp"

namespace arbiter {

namespace {

using Json = nlohmann::ordered_json;
using Texts = std::map<std::string, std::string>;

constexpr const char* format_name = "arbiter-run";

std::tm utc_now() { return fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())); }

Json json_of(const Provenance& run) {
  return {
      {"format", format_name},
      {"schema", csv_schema},
      {"run_id", run.run_id},
      {"date", run.date},
      {"arbiter", {{"version", run.version}, {"commit", run.commit}}},
      {"command_line", run.command_line},
      {"settings", run.settings},
      {"settings_hash", settings_hash(run)},
      {"machine", {{"platform", run.machine.platform}, {"facts", run.machine.facts}}},
      {"packages", run.packages},
      {"environment", run.environment},
      {"config",
       {{"source", run.config_source}, {"hash", run.config_hash}, {"overrides", run.overrides}, {"text", run.config}}}};
}

Provenance provenance_of(const Json& json) {
  Provenance run;
  run.run_id = json.at("run_id");
  run.date = json.at("date");
  run.version = json.at("arbiter").at("version");
  run.commit = json.at("arbiter").at("commit");
  json.at("command_line").get_to(run.command_line);
  json.at("settings").get_to(run.settings);
  run.machine.platform = json.at("machine").at("platform");
  json.at("machine").at("facts").get_to(run.machine.facts);
  json.at("packages").get_to(run.packages);
  json.at("environment").get_to(run.environment);
  const Json& config = json.at("config");
  run.config_source = config.at("source");
  run.config_hash = config.at("hash");
  config.at("overrides").get_to(run.overrides);
  run.config = config.at("text");
  return run;
}

/// Adds "key: a / b" for each key whose values differ.
void compare(const Texts& first, const Texts& second, std::vector<std::string>& found) {
  Texts all = first;
  all.insert(second.begin(), second.end());
  const auto shown = [](const Texts& texts, const std::string& key) {
    const auto at = texts.find(key);
    return at == texts.end() ? "(not set)" : at->second.empty() ? "(empty)" : at->second;
  };
  for (const auto& [key, unused] : all) {
    const auto a = shown(first, key);
    const auto b = shown(second, key);
    if (a != b) found.push_back(fmt::format("{}: {} / {}", key, a, b));
  }
}

/// Recorded, but no reason to keep runs apart: logs, caches, places and waits, what a fact of the machine tells better,
/// and what the launcher and mpirun set by the number of ranks and cores.
constexpr std::array indecisive = {"ARBITER_CACHE_DIR",
                                   "ARBITER_CHECK_SECONDS",
                                   "ARBITER_LOAD_SECONDS",
                                   "ARBITER_MPIRUN",
                                   "ARBITER_PATIENCE_S",
                                   "ARBITER_PLUGIN_PATH",
                                   "CUDA_CACHE_",
                                   "CUDA_HOME",
                                   "CUDA_PATH",
                                   "CUDA_VISIBLE_DEVICES",
                                   "NCCL_DEBUG",
                                   "OMPI_MCA_hwloc_",
                                   "OMPI_MCA_mpi_oversubscribe",
                                   "OMPI_MCA_mpi_yield_when_idle",
                                   "OMPI_MCA_rmaps_"};

Texts decisive(Texts environment) {
  std::erase_if(environment, [](const auto& entry) {
    return std::ranges::any_of(indecisive, [&](const char* prefix) { return entry.first.starts_with(prefix); });
  });
  return environment;
}

}  // namespace

std::string new_run_id() {
  std::random_device random;
  return fmt::format("{:%Y%m%d-%H%M%S}-{:04x}", utc_now(), random() & 0xffffU);
}

bool is_run_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; });
}

std::string utc_date() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc_now()); }

std::string settings_hash(const Provenance& provenance) {
  std::string text;
  for (const auto& [key, value] : provenance.settings) text += fmt::format("{}={}\n", key, value);
  return text_hash(text);
}

std::string machine_id() {
  std::string id;
  std::ifstream("/etc/machine-id") >> id;
  // A hash of this program's own, as machine-id(5) asks for.
  return id.empty() || id == "uninitialized" ? std::string() : text_hash("arbiter " + id);
}

std::string provenance_file_name(std::string_view run_id) { return fmt::format("run.{}.json", run_id); }

void write_provenance(const std::filesystem::path& dir, const Provenance& provenance) {
  const std::string text = json_text(json_of(provenance), 2) + "\n";
  write_file(dir / provenance_file_name(provenance.run_id), text);
}

std::optional<Provenance> read_provenance(const std::filesystem::path& dir, std::string_view run_id) {
  if (!is_run_id(run_id)) return std::nullopt;
  const auto file = dir / provenance_file_name(run_id);
  if (!std::filesystem::is_regular_file(file)) return std::nullopt;
  try {
    const Json json = Json::parse(read_file(file));
    if (json.at("format") != format_name)
      throw DataError(fmt::format("{}: allowed: format {}", file.string(), format_name));
    if (const auto schema = json.at("schema").get<std::int64_t>(); schema > csv_schema) {
      throw DataError(fmt::format("{}: schema: found {}, allowed up to {}: a newer Arbiter wrote this file",
                                  file.string(), schema, csv_schema));
    }
    Provenance run = provenance_of(json);
    if (run.run_id != run_id) {
      throw DataError(fmt::format("{}: run_id: found {}, allowed: {}, as in the file's name", file.string(),
                                  plain_text(run.run_id), run_id));
    }
    return run;
  } catch (const nlohmann::json::exception& error) {
    throw DataError(fmt::format("{}: allowed: the JSON that a run writes; found: {}", file.string(), error.what()));
  }
}

std::string arbiter_of(const Provenance& run) {
  return run.commit.empty() ? run.version : fmt::format("{} ({})", run.version, run.commit);
}

std::vector<std::string> differences(const Provenance& first, const Provenance& second) {
  std::vector<std::string> found;
  compare({{"Arbiter", arbiter_of(first)}}, {{"Arbiter", arbiter_of(second)}}, found);
  std::ranges::move(differences(first.machine, second.machine), std::back_inserter(found));
  compare(first.packages, second.packages, found);
  compare(first.settings, second.settings, found);
  compare(decisive(first.environment), decisive(second.environment), found);
  return found;
}

std::vector<std::string> differences_to_continue(const Provenance& begun, const Provenance& now) {
  std::vector<std::string> found;
  if (begun.config_hash != now.config_hash) {
    std::istringstream before(begun.config);
    std::istringstream after(now.config);
    std::string old_line;
    std::string new_line;
    int number = 0;
    do {
      ++number;
      old_line.clear();
      new_line.clear();
      std::getline(before, old_line);
      std::getline(after, new_line);
    } while (old_line == new_line && (before || after));
    found.push_back(
        fmt::format("{}:{}: {} / {}", now.config_source, number, plain_text(old_line), plain_text(new_line)));
  }
  compare({{"--set", fmt::format("{}", fmt::join(begun.overrides, ", "))}},
          {{"--set", fmt::format("{}", fmt::join(now.overrides, ", "))}}, found);
  auto first = begun;
  auto second = now;
  std::erase_if(first.packages, [&](const auto& entry) { return !now.packages.contains(entry.first); });
  std::erase_if(second.packages, [&](const auto& entry) { return !begun.packages.contains(entry.first); });
  std::ranges::move(differences(first, second), std::back_inserter(found));
  return found;
}

std::vector<std::string> differences(const Machine& first, const Machine& second) {
  std::vector<std::string> found;
  compare({{"platform", first.platform}}, {{"platform", second.platform}}, found);
  compare(first.facts, second.facts, found);
  return found;
}

}  // namespace arbiter
