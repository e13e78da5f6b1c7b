#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "arbiter/parameters.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/tensor.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// A plugin as the YAML asks for it: `NAME:` with its parameters. It can appear under a name of its own
/// (`MPI_RING: {strategy: MPI, algorithm: ring}`, `lut_argmin: {heuristic: lut, mode: argmin}`), a strategy also with a
/// `table_id` of its own.
struct PluginChoice {
  std::string name;     ///< what CSVs and tables call it
  std::string plugin;   ///< the plugin's name; the same unless `strategy:` (`fusion:`, ...) says otherwise
  int table_id = -1;    ///< strategies only; -1 for one that is not installed
  bool by_name = true;  ///< false where `all` or a default stands for it
  Parameters parameters;
};

struct MeasurementConfig {
  double precision_percent = 1.0;     ///< stop when the 95 % interval of the median is this narrow (half width)
  std::int64_t time_budget_ms = 200;  ///< at most this long per cell, warm-up and verification aside
  std::int64_t min_samples = 10;
  std::int64_t max_samples = 1000;
  double min_sample_us = 100.0;     ///< `iterations_per_sample` grows until one sample takes this long
  std::int64_t timeout_ms = 10000;  ///< bound of every spin
  std::int64_t seed = 1;            ///< of the random inputs
  bool graph = true;                ///< on a GPU: a sample is one replay of a CUDA graph
  bool probe = false;              ///< measure first what bounds every strategy, for the floors of the rows
};

/// A shape to judge selectors by: measured for every tp size, dtype and fusion of the sweep, never fitted.
struct HoldoutShape {
  std::int64_t hidden_size = 0;
  std::int64_t num_tokens = 0;
  friend auto operator<=>(const HoldoutShape&, const HoldoutShape&) = default;
};

/// Somebody else's decision, judged beside the run's own.
struct ComparedFile {
  std::string name;  ///< what tables call it; differs from every heuristic's
  std::filesystem::path file;
};

/// A whole sweep, checked: every name exists, every value is in range.
struct Config {
  std::string source;        ///< the file's name in messages; see ConfigText::builtin() without one
  std::string backend;       ///< resolved: never "auto"
  std::string backend_note;  ///< why `auto` did not take cuda; else empty
  std::vector<int> tp_sizes;
  std::vector<DType> dtypes;
  std::vector<PluginChoice> fusions;
  std::vector<std::int64_t> hidden_sizes;
  std::vector<std::int64_t> num_tokens;
  std::vector<HoldoutShape> holdout;     ///< distinct, ascending, none of them a cell of the grid above
  std::vector<PluginChoice> strategies;  ///< without AUTO; table ids differ
  std::vector<PluginChoice> heuristics;
  std::vector<ComparedFile> compare;
  std::vector<PluginChoice> sinks;
  MeasurementConfig measurement;
  std::filesystem::path output_dir;
  bool output_dir_given = false;  ///< by the file or an override, not by default
  bool enable_auto = false;
  std::vector<std::string> remarks;  ///< what a person should know, but is no mistake; begin with the key
};

/// The YAML before it is checked against plugins, because it says where some of them are.
class ConfigText {
 public:
  /// `source` names the text in messages: its path, if it has one. `overrides` are `key.path=value` (YAML values),
  /// applied in order: a name is a key, a number an index; a plugin can be set whatever form its section has
  /// (`strategies.ONESHOT.chunk_kib=64`), the others stay. Their mistakes are reported as the file's are, with
  /// "--set key.path=value" for the position. Throws ConfigError if the text is no YAML map; all else waits for
  /// validate().
  ConfigText(std::string text, std::string source, std::vector<std::string> overrides = {});
  /// Reads the file. Throws ConfigError, also for a folder and an unreadable file.
  static ConfigText from_file(const std::filesystem::path& file, std::vector<std::string> overrides = {});
  /// configs/seed.yaml as it was when this was built.
  static ConfigText builtin(std::vector<std::string> overrides = {});

  /// The folders under `plugins:` that exist; relative ones are relative to the folder of `source`, and those of an
  /// override to the current one. validate() reports the others.
  [[nodiscard]] std::vector<std::filesystem::path> plugin_dirs() const;

  /// Checks everything and fills in defaults. With several mistakes the message has one line for each.
  /// `data_dir_mode`: the run starts from CSVs, so strategies and fusions that are not installed, a backend that is not
  /// usable here and missing problems are no mistakes. Throws ConfigError.
  [[nodiscard]] Config validate(const PluginHost& plugins, bool data_dir_mode = false) const;

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string& source() const { return source_; }
  [[nodiscard]] const std::vector<std::string>& overrides() const { return overrides_; }

 private:
  std::string text_;
  std::string source_;
  std::vector<std::string> overrides_;
};

}  // namespace arbiter
