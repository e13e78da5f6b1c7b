// SPDX-License-Identifier: Apache-2.0
#include "io/csv_files.hpp"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "arbiter/csv.hpp"
#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "arbiter/names.hpp"
#include "io/set_aside.hpp"

namespace arbiter {

namespace {

bool is_platform(std::string_view text) {
  if (text == "cpu") return true;
  if (!text.starts_with("sm") || text.size() < 3) return false;
  text.remove_prefix(2);
  if (text.back() == 'a' || text.back() == 'f') text.remove_suffix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<CsvFileName> parse_csv_file_name(const std::string& name) {
  constexpr std::string_view prefix = "benchmark.tp";
  constexpr std::string_view suffix = ".csv";
  constexpr std::string_view holdout = ".holdout";
  if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.size() < prefix.size() + suffix.size()) {
    return std::nullopt;
  }
  const std::string_view middle =
      std::string_view(name).substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  CsvFileName result;
  const char* const end = middle.data() + middle.size();
  const auto [rest, error] = std::from_chars(middle.data(), end, result.tp_size);
  if (error != std::errc{} || result.tp_size < 1 || rest == end || *rest != '.' || middle.front() == '0') {
    return std::nullopt;
  }
  result.platform = std::string(rest + 1, end);
  if (result.platform.ends_with(holdout)) {
    result.holdout = true;
    result.platform.resize(result.platform.size() - holdout.size());
  }
  if (!is_platform(result.platform)) return std::nullopt;
  return result;
}

std::string holdout_file_stem(int tp_size, std::string_view platform) {
  return file_stem(tp_size, platform) + ".holdout";
}

std::filesystem::path machine_file_of(const std::filesystem::path& csv_file) {
  std::filesystem::path file = csv_file;
  return file.replace_extension(".machine.json");
}

void write_machine_file(const std::filesystem::path& csv_file, const Machine& machine) {
  const nlohmann::ordered_json json = {{"platform", machine.platform}, {"facts", machine.facts}};
  write_or_set_aside(machine_file_of(csv_file), json_text(json, 2) + "\n");
}

Machine read_machine_file(const std::filesystem::path& csv_file) {
  Machine machine;
  const std::filesystem::path file = machine_file_of(csv_file);
  if (std::filesystem::is_regular_file(file)) {
    try {
      const nlohmann::json json = nlohmann::json::parse(read_file(file));
      machine.platform = json.value("platform", "");
      machine.facts = json.value("facts", std::map<std::string, std::string>{});
    } catch (const nlohmann::json::exception& error) {
      throw DataError(fmt::format("{}: allowed: JSON with the text platform and the texts facts; found: {}",
                                  file.string(), error.what()));
    }
  }
  if (const auto name = parse_csv_file_name(csv_file.filename().string())) machine.platform = name->platform;
  return machine;
}

}  // namespace arbiter
