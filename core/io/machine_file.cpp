#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "arbiter/csv.hpp"
#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "io/csv_reader.hpp"
#include "io/set_aside.hpp"

namespace arbiter {

std::filesystem::path machine_file_of(const std::filesystem::path& csv_file) {
  std::filesystem::path file = csv_file;
  return file.replace_extension(".machine.json");
}

void write_machine_file(const std::filesystem::path& csv_file, const Machine& machine) {
  const nlohmann::ordered_json json = {{"platform", machine.platform}, {"facts", machine.facts}};
  // Facts are what other programs said; a byte that is no UTF-8 must not cost the file.
  const std::string text = json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  write_or_set_aside(machine_file_of(csv_file), text);
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
