#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/catalogue.hpp"
#include "config/config.hpp"
#include "config/document.hpp"
#include "config/reader.hpp"

namespace arbiter {

/// ConfigText::validate() on a document and a catalogue. Throws ConfigError.
[[nodiscard]] Config validate(ConfigDocument document, const Catalogue& catalogue, bool data_dir_mode = false);

/// The numbers under `problems:`; fusions are read by read_choices().
void read_problems(const ConfigCursor& root, bool data_dir_mode, Config& config);
/// `problems.holdout`. Call it when the grid is read: shapes of the grid are left out, which becomes a remark.
void read_holdout(const ConfigCursor& root, Config& config);
/// `compare`. Call it when the heuristics are read. `source` is what relative paths start beside.
void read_compare(const ConfigCursor& root, const std::string& source, Config& config);
/// Complains if the product of everything under `problems:` is absurd. Call it when all of it is read.
void check_problem_count(const ConfigCursor& root, const Config& config);

/// The numbers under a key of a map, in `allowed` and none twice; a missing key is a mistake unless it may be missing.
[[nodiscard]] std::vector<std::int64_t> read_sizes(const ConfigCursor& map, std::string_view key,
                                                   std::string_view allowed, bool may_be_missing);
inline constexpr std::string_view allowed_hidden_sizes = "1..1048576";
inline constexpr std::string_view allowed_num_tokens = "1..16777216";

void read_measurement(const ConfigCursor& root, Config& config);

/// The backend's name; empty if it could not be told.
[[nodiscard]] std::string read_backend(const ConfigCursor& root, const Catalogue& catalogue, bool data_dir_mode,
                                       std::string& note);

/// The folders under `plugins:`; those that do not exist are complained about.
[[nodiscard]] std::vector<std::filesystem::path> read_plugin_dirs(const ConfigCursor& root, const std::string& source);

}  // namespace arbiter
