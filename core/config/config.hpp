// SPDX-License-Identifier: Apache-2.0
#pragma once

// From a YAML file to a checked Config. Where a key is read:
//
//   problems (tp_size, dtype, hidden_size, num_tokens, holdout)           problems.cpp
//   strategies, heuristics, sinks, problems.fusion: names and parameters  choices.cpp
//   backend, measurement, compare, plugins, output_dir, enable_auto       sections.cpp
//
// To add a key: give it a field here, declare it in keys.cpp, which has the bounds and the default of each, read it in
// the file of its section, explain it in configs/quickstart.yaml, and renew docs/configuration.md, which reference.cpp
// makes of the declarations (`runner --help-config > docs/configuration.md`).
// Below the sections: values.cpp reads one value of a type, diagnostics.cpp collects mistakes, document.cpp applies
// --set, yaml_tree.cpp parses, catalogue.cpp knows the installed plugins.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/parameters.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/tensor.hpp"
#include "config/interpreter.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// A plugin that the YAML chooses, with its parameters. The user can give it another name (`MPI_RING: {strategy: MPI,
/// algorithm: ring}`, `lut_argmin: {heuristic: lut, mode: argmin}`), and a strategy another table_id.
struct PluginChoice {
  std::string name;     ///< the name in CSVs and tables
  std::string plugin;   ///< the plugin's name; differs from `name` where `strategy:` (`fusion:`, ...) is given
  int table_id = -1;    ///< strategies only; -1 for one that is not installed
  bool by_name = true;  ///< false where `all` or a default chose it
  Parameters parameters;
  Interpreter interpreter;  ///< strategies: what its ranks must run in; without a path if that is none, or not known

  /// The interpreter that the parameters name; empty if none.
  [[nodiscard]] std::string interpreter_name() const;
};

/// `measurement`: when the sampling of a cell ends, and how a sample is taken.
struct MeasurementConfig {
  double precision_percent = 1.0;     ///< a cell ends when the 95 % interval of its median is this narrow (half width)
  std::int64_t time_target_ms = 200;  ///< sampling of a strategy ends after this, but not before min_samples are taken
  std::int64_t min_samples = 10;
  std::int64_t max_samples = 1000;
  double min_sample_us = 100.0;     ///< `iterations_per_sample` grows until a sample takes this long
  std::int64_t timeout_ms = 10000;  ///< bound of every wait for a peer
  std::int64_t seed = 1;            ///< of the random inputs
  std::vector<Context> contexts{};  ///< what surrounds the operation; the first one decides
  bool contexts_given = false;      ///< false for the default
  double neighbour_mib = 0.0;       ///< contexts engine*: what the neighbour reads; 0: hidden / tp x hidden elements
  double neighbour_us = 0.0;        ///< likewise: how long it takes at least; 0: as long as the matrix product
  double skew_us = 0.0;             ///< likewise: ranks come later by a random time up to this
  bool graph = true;                ///< on a GPU: a sample is one replay of a CUDA graph
  bool probe = false;               ///< first measure what bounds every strategy, for the lower bound of each row
};

/// `problems.holdout`: a shape that decisions are judged by. It is measured for every tp size, dtype and fusion of the
/// sweep, and never fitted.
struct HoldoutShape {
  std::int64_t hidden_size = 0;
  std::int64_t num_tokens = 0;
  friend auto operator<=>(const HoldoutShape&, const HoldoutShape&) = default;
};

/// `compare`: a decision from elsewhere, judged beside those of the run.
struct ComparedFile {
  std::string name;  ///< the name in tables; differs from every heuristic's
  std::filesystem::path file;
};

/// A whole sweep, checked: every name exists, every value is in range.
struct Config {
  std::string source;  ///< the name of the YAML in messages: its path, or what ConfigText::builtin() calls it
  std::string text;    ///< the YAML, for the record of the run
  std::vector<std::string> overrides;  ///< likewise; `key.path=value`
  std::string backend;                 ///< "cuda" or "host", also where the YAML says auto
  std::string backend_note;            ///< why `auto` did not take cuda; else empty
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
  Parameters measurement_keys;  ///< every key of `measurement` with its value, for the record of the run
  std::filesystem::path output_dir;
  bool enable_auto = false;
  std::vector<std::string> remarks;  ///< for the user, not mistakes; each begins with its key
};

/// The YAML before it is checked against the plugins, since it also says in which folders plugins are.
class ConfigText {
 public:
  /// `source` names the text in messages: its path, if it has one. `overrides` are `key.path=value` with a YAML value,
  /// applied in order. In the path a name is a key and a number an index. An override can set a plugin in every form of
  /// its section (`strategies.ONESHOT.chunk_kib=64`) and keeps the other plugins. A mistake in an override is reported
  /// with "--set key.path=value" for its position. Throws ConfigError if the text is no YAML map; validate() reports
  /// everything else.
  ConfigText(std::string text, std::string source, std::vector<std::string> overrides = {});
  /// Reads the file. Throws ConfigError, also for a folder and an unreadable file.
  static ConfigText from_file(const std::filesystem::path& file, std::vector<std::string> overrides = {});
  /// configs/seed.yaml as of the build.
  static ConfigText builtin(std::vector<std::string> overrides = {});

  /// The folders under `plugins:` that exist; validate() reports the others. A relative path starts from the folder of
  /// `source`, or in an override from the current folder.
  [[nodiscard]] std::vector<std::filesystem::path> plugin_dirs() const;

  /// Checks everything and fills in defaults. Throws ConfigError with one line per mistake. In `data_dir_mode` the run
  /// starts from CSVs: strategies and fusions that are not installed, a backend that cannot be used here and missing
  /// problems are then no mistakes. With `finds_interpreters` the interpreters that strategies name are looked for and
  /// started once: one that the text names and that ranks cannot run in is a mistake; one that is a plugin's default
  /// says why in PluginChoice::interpreter. The backend named `assumed_backend` is taken as one that can be used here.
  [[nodiscard]] Config validate(const PluginHost& plugins, bool data_dir_mode = false, bool finds_interpreters = false,
                                const std::string& assumed_backend = {}) const;

  /// The section `strategies` alone, as validate() reads it in `data_dir_mode`, on a backend; without the entries that
  /// are wrong. For the text in a run's record, which is not to be checked again.
  [[nodiscard]] std::vector<PluginChoice> strategies(const PluginHost& plugins, const std::string& backend) const;

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string& source() const { return source_; }
  [[nodiscard]] const std::vector<std::string>& overrides() const { return overrides_; }

 private:
  std::string text_;
  std::string source_;
  std::vector<std::string> overrides_;
};

}  // namespace arbiter
