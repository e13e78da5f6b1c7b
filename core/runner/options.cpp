// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/names.hpp"
#include "man_page.hpp"
#include "plugin/search_path.hpp"
#include "sdk/nearest.hpp"
#include "sweep/diff_run.hpp"
#include "sweep/instances.hpp"
#include "sweep/log.hpp"
#include "version.hpp"

namespace arbiter {

namespace {

/// With the name of the program.
constexpr const char* description =
    "Arbiter measures every way of doing an AllReduce on this machine, decides which one to use for which shape, and\n"
    "writes the decision as tables and pictures.\n\n"
    "  {0} sweep.yaml              measure, decide, write everything\n"
    "  {0} sweep.yaml --dry-run    what would be measured, and how long that takes\n"
    "  {0} --data_dir results/     tables and pictures from existing CSVs\n"
    "  {0} --diff before/ after/   what became slower or faster between two measurements\n"
    "  {0} --check my_ring.so      check a plugin against its contract";

constexpr const char* help_man_option = "--help-man";
constexpr const char* exit_codes =
    "0 done, 1 something failed (what was measured is kept), 2 wrong usage or configuration.";
constexpr const char* plugin_places =
    "Plugins are looked for beside the runner, in the YAML's plugins:, in --plugin_dir and in ARBITER_PLUGIN_PATH.";

/// What the user called: packages install the program as `arbiter`, of which the manual page is.
std::string program_name(const std::vector<std::string>& command_line) {
  const auto name =
      command_line.empty() ? std::string() : std::filesystem::path(command_line.front()).filename().string();
  const bool manual = std::ranges::find(command_line, help_man_option) != command_line.end();
  return manual || name == "arbiter" ? "arbiter" : "runner";
}

/// The options by their full names.
std::vector<std::string> names_of_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // a former name
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// Of what an unknown word probably stands for: a slip, another case, the beginning of one option or one dash too few.
std::string probable_option(std::string word, const CLI::App& app) {
  word.resize(std::min(word.find('='), word.size()));
  if (!word.starts_with("--")) word.insert(0, word.starts_with('-') ? "-" : "--");
  const auto names = names_of_options(app);
  if (const auto near = nearest(word, names)) return *near;
  constexpr std::size_t least = 4;
  const auto longer =
      std::ranges::find_if(names, [&](const auto& name) { return word.size() >= least && name.starts_with(word); });
  return longer == names.end() ? std::string() : *longer;
}

/// Throws CLI::ParseError about the words that the parser could not use.
void refuse_unknown_words(const CLI::App& app) {
  const auto words = app.remaining();
  if (words.empty()) return;
  const auto dashed = std::ranges::find_if(words, [](const auto& word) { return word.starts_with('-'); });
  const auto& word = dashed == words.end() ? words.front() : *dashed;
  const auto near = probable_option(word, app);
  if (dashed != words.end()) {
    throw CLI::ValidationError(
        word, near.empty() ? std::string("unknown option") : fmt::format("unknown option; did you mean {}?", near));
  }
  throw CLI::ValidationError(word, near.empty()
                                       ? std::string("found a word too many; allowed: one YAML file, and options")
                                       : fmt::format("found a word too many; did you mean {}?", near));
}

/// A mistyped option without its dashes is taken for a file.
void expect_config(const std::string& config, const CLI::App& app) {
  std::error_code unreadable;
  if (config.find_first_of("./") != std::string::npos || std::filesystem::exists(config, unreadable)) return;
  if (const auto near = probable_option(config, app); !near.empty()) {
    throw CLI::ValidationError(config, fmt::format("there is no such file; did you mean {}?", near));
  }
}

constexpr std::array<ManSection, 3> man_sections = {{
    {"EXIT STATUS", exit_codes},
    {"FILES", plugin_places},
    {"SEE ALSO",
     "mpirun(1), and in share/doc/arbiter: README.md, docs/configuration.md (every key of a sweep), "
     "docs/environment.md (variables), docs/glossary.md (terms)."},
}};

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  options.command_line.assign(argv, argv + argc);
  const auto program = program_name(options.command_line);
  CLI::App app(fmt::format(fmt::runtime(description), program), program);
  app.allow_extras();  // refuse_unknown_words() has more to say about them
  app.footer(fmt::format("Exit codes: {}\n{}", exit_codes, plugin_places));
  bool help_man = false;
  app.add_flag("--help-config,--help_config", options.help_config,
               "Explain every key of a configuration, and the parameters of every plugin found, as a page of Markdown");
  app.add_flag(help_man_option, help_man, "Print the manual page, as the build does to install it")->group("");
  app.set_version_flag("--version", std::string("arbiter ") + version);
  auto* config =
      app.add_option("sweep,--config", options.config, "The sweep to run, a YAML file; --config may be left out")
          ->type_name("FILE");
  app.add_option("--data_dir,--data-dir", options.data_dir,
                 "Start from the benchmark.tp<N>.<sm<V>|cpu>.csv files of this folder instead of measuring")
      ->type_name("DIR");
  app.add_option("--sm_version,--sm-version", options.sm_version,
                 "The SM version in file names and in the table (90 for sm90); default: what the GPU or the files say")
      ->type_name("V")
      ->check(CLI::PositiveNumber);
  app.add_option("--output_dir,--output-dir,--save_csv_dir,--save-csv-dir", options.output_dir,
                 "Folder for CSVs, tables and pictures; default: output_dir of the YAML. Only if it is that of "
                 "--data_dir is anything written there")
      ->type_name("DIR");
  app.add_flag("--enable_auto,--enable-auto", options.enable_auto,
               "Measure AUTO too: for each problem, the strategy that the first heuristic chose");
  app.add_flag("--probe", options.probe,
               "Measure the latency and bandwidth of this machine first and write them beside the CSVs; each row then "
               "has a lower bound of its time");
  auto* resume = app.add_flag("--resume", options.resume,
                              "Go on with the unfinished run in the output folder from the first row that it has not; "
                              "refused if configuration, machine or versions differ");
  app.add_flag("--limits")->group("")->each([](const std::string&) {
    throw CLI::ValidationError("--limits", "is called --probe now");
  });
  app.add_option("--set", options.overrides, "Override a key of the YAML; may be repeated")
      ->type_name("KEY.PATH=VALUE");
  app.add_option("--plugin_dir,--plugin-dir", options.plugin_dirs, "A further folder of plugins; may be repeated")
      ->type_name("DIR");
  app.add_flag("--skip_bad_rows,--skip-bad-rows", options.skip_bad_rows, "Skip malformed CSV lines and count them");
  app.add_flag("--allow_mixed,--allow-mixed", options.allow_mixed,
               "With --data_dir and --diff: join the rows of runs that differ in machine, versions or settings; the "
               "report says so");
  auto* diff = app.add_option("--diff", options.diff,
                              "Compare two measurements, folders of CSVs or single CSVs: which cells became slower or "
                              "faster, and what else differs; writes into --output_dir (default: out/diff)")
                   ->type_name("BEFORE AFTER")
                   ->expected(2);
  std::string threshold;
  std::string fail_on;
  auto* threshold_option =
      app.add_option("--diff_threshold,--diff-threshold", threshold,
                     "With --diff: changes up to this one do not count; default: that of --fail-on, else 5%")
          ->type_name("PERCENT")
          ->needs(diff);
  auto* fail_on_option =
      app.add_option(
             "--fail_on,--fail-on", fail_on,
             "With --diff: exit code 1 if a cell is slower by more than this and beyond its interval, or newly fails")
          ->type_name("PERCENT")
          ->needs(diff);
  auto* list =
      app.add_option("--list", options.listed,
                     "List the plugins found and why others were refused; with a NAME, describe that plugin and "
                     "its parameters")
          ->type_name("[NAME]")
          ->expected(0, 1);
  auto* check =
      app.add_option("--check", options.check,
                     "Check a plugin against the contract of its kind and report what it breaks; --set then sets "
                     "a parameter of the plugin")
          ->type_name("PLUGIN.so");
  app.add_option("--ranks", options.check_ranks,
                 "How many ranks --check starts: strategies are tried in groups of 2 up to that many")
      ->type_name("N")
      ->check(CLI::Range(2, 64))
      ->needs(check);
  auto* dry_run =
      app.add_flag("--dry-run,--dry_run", options.dry_run,
                   "Print the plan (problems, strategies, what is skipped and why, time) and measure nothing");
  std::string assume;
  auto* assume_option =
      app.add_option(
             "--assume", assume,
             "With --dry-run: plan for a host with these GPUs, as in sm90x4 or h200x8; needs CUDA's libraries, no "
             "driver and no GPU")
          ->type_name("GPUS");
  list->excludes(dry_run);
  check->excludes(list)->excludes(dry_run);
  for (auto* other : {list, check, dry_run, app.get_option("--data_dir")}) {
    diff->excludes(other);
  }
  for (auto* other : {list, check, dry_run, diff, app.get_option("--data_dir")}) resume->excludes(other);
  for (auto* option : app.get_options()) {
    if (option->get_items_expected_max() > 1) option->take_all()->allow_extra_args(false);
  }
  try {
    app.parse(argc, argv);
    if (help_man) {
      std::cout << man_page(app, man_sections);
      std::exit(0);
    }
    refuse_unknown_words(app);
    if (config->count() > 0 && diff->count() > 0) {
      throw CLI::ValidationError(options.config.string(),
                                 "found a YAML file (--config) beside --diff; allowed: BEFORE and AFTER alone");
    }
    if (config->count() > 0) expect_config(options.config.string(), app);
    options.list = list->count() > 0;
    if (!options.list && options.check.empty() && !options.help_config && options.config.empty() &&
        options.data_dir.empty() && options.diff.empty()) {
      throw CLI::RequiredError("A YAML file, --data_dir DIR, --diff BEFORE AFTER, --check PLUGIN.so or --list");
    }
    std::error_code unreadable;
    if (std::filesystem::exists(options.output_dir, unreadable) &&
        !std::filesystem::is_directory(options.output_dir, unreadable)) {
      throw CLI::ValidationError(
          "--output_dir", fmt::format("found {}, which is a file; allowed: a folder", options.output_dir.string()));
    }
    if (diff->count() > 0 && options.diff.size() != 2) {
      throw CLI::ValidationError("--diff",
                                 fmt::format("found {} of them; allowed: two, BEFORE AFTER", options.diff.size()));
    }
    if (fail_on_option->count() > 0) options.diff_threshold = *(options.fail_on = parse_percent("--fail-on", fail_on));
    if (threshold_option->count() > 0) options.diff_threshold = parse_percent("--diff_threshold", threshold);
    if (options.allow_mixed && options.data_dir.empty() && options.diff.empty()) {
      throw CLI::ValidationError("--allow_mixed",
                                 "is for --data_dir and --diff; a run that measures sets other runs' CSVs aside");
    }
    if (assume_option->count() > 0) {
      if (!options.dry_run) {
        throw CLI::ValidationError("--assume", "is for --dry-run: GPUs that are assumed measure nothing");
      }
      options.assume = parse_assumed_gpus(assume);
    }
    if (options.dry_run && !options.data_dir.empty()) {
      throw CLI::ValidationError("--dry-run", "plans a measurement; --data_dir measures nothing");
    }
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream refusal;
    const int code = app.exit(error, out, refusal);  // which repeats arguments
    std::cout << out.str();
    std::cerr << plain_lines(refusal.str());
    std::exit(code == 0 ? 0 : static_cast<int>(ExitCode::usage));
  }
  return options;
}

void load_plugins(PluginHost& plugins, const Options& options, const std::vector<std::filesystem::path>& from_yaml) {
  plugins.load_dir(built_in_plugin_dir());
  for (const auto& dirs : {from_yaml, options.plugin_dirs, environment_plugin_dirs()}) {
    for (const auto& dir : dirs) plugins.load_dir(dir);
  }
  static_cast<void>(plugins.refuse_broken_factories(foreign_backends(plugins)));
}

void warn_of_refused_plugins(const PluginHost& plugins) {
  for (const auto& entry : plugins.entries()) {
    if (!entry.refused.empty()) log::warn(fmt::format("{}: {}", entry.file.string(), entry.refused));
  }
}

std::vector<std::string> overrides_of(const Options& options) {
  auto overrides = options.overrides;
  if (options.enable_auto) overrides.emplace_back("enable_auto=true");
  if (options.probe) overrides.emplace_back("measurement.probe=true");
  return overrides;
}

ConfigText read_config(const Options& options) {
  return options.config.empty() ? ConfigText::builtin(overrides_of(options))
                                : ConfigText::from_file(options.config, overrides_of(options));
}

Config make_config(const Options& options, const ConfigText& text, PluginHost& plugins, bool finds_interpreters) {
  const auto validate = [&] {
    return text.validate(plugins, !options.data_dir.empty(), finds_interpreters && options.data_dir.empty(),
                         options.assume ? "cuda" : "");
  };
  auto config = validate();
  if (const auto refused = plugins.refuse_broken_factories(foreign_choices(config, plugins)); !refused.empty()) {
    config = validate();  // names those that the configuration cannot do without
    for (const auto& entry : plugins.entries()) {
      if (std::ranges::find(refused, entry.file) == refused.end()) continue;
      log::warn(fmt::format("the run continues without {}: {}: {}", entry.name, entry.file.string(), entry.refused));
    }
  }
  if (!options.output_dir.empty()) config.output_dir = options.output_dir;
  if (options.assume && config.backend != "cuda") {
    throw ConfigError(fmt::format("--assume: the {} backend plans with this machine", config.backend));
  }
  if (!options.sm_version.empty() && options.data_dir.empty() && config.backend == "host") {
    throw ConfigError("--sm_version: the host backend measures the processor; its files are named cpu");
  }
  return config;
}

}  // namespace arbiter
