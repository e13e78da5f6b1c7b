// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/plots.hpp"
#include "as_rank.hpp"
#include "become_interpreter.hpp"
#include "comm/rank_environment.hpp"
#include "config/config.hpp"
#include "config/reference.hpp"
#include "listing.hpp"
#include "missing_adapters.hpp"
#include "options.hpp"
#include "plan_text.hpp"
#include "plugin/plugin_host.hpp"
#include "sdk/nearest.hpp"
#include "supervise/file_lock.hpp"
#include "supervise/launcher.hpp"
#include "supervise/run_folder.hpp"
#include "sweep/diff_run.hpp"
#include "sweep/instances.hpp"
#include "sweep/log.hpp"
#include "sweep/part.hpp"
#include "sweep/sweep_run.hpp"

namespace arbiter {

namespace {

/// The plugins that a run with these options would have.
void load_for_reading(PluginHost& plugins, const Options& options) {
  load_plugins(plugins, options,
               options.config.empty() ? std::vector<std::filesystem::path>{} : read_config(options).plugin_dirs());
}

ExitCode explain_configuration(const Options& options) {
  PluginHost plugins(PluginHost::Loading::after_trial);
  load_for_reading(plugins, options);
  std::cout << configuration_reference(plugins.entries()) << std::flush;
  return std::cout ? ExitCode::done : ExitCode::failed;
}

ExitCode list_plugins(const Options& options) {
  PluginHost plugins(PluginHost::Loading::after_trial);
  load_for_reading(plugins, options);
  if (options.listed.empty()) {
    print_plugins(plugins);
    return ExitCode::done;
  }
  bool any = false;
  for (const auto& entry : plugins.entries()) {
    if (!entry.refused.empty() || entry.name != options.listed) continue;
    print_plugin(entry);
    any = true;
  }
  if (!any) {
    std::vector<std::string> names;
    for (const auto& entry : plugins.entries()) {
      const bool is_new = std::ranges::find(names, entry.name) == names.end();
      if (entry.refused.empty() && is_new) names.push_back(entry.name);
    }
    throw ConfigError(
        fmt::format("--list: there is no plugin {}{}", options.listed, suggestion(options.listed, names)));
  }
  return ExitCode::done;
}

std::string platform_of(const Options& options) { return options.sm_version.empty() ? "" : "sm" + options.sm_version; }

ExitCode plan_only(const Options& options, const Config& config, const PluginHost& plugins) {
  std::vector<std::string> remarks = config.remarks;
  std::shared_ptr<Backend> backend;  // null: that of this machine
  if (options.assume) {
    backend = assume_gpus(make_plugin<Backend>(plugins, PluginKind::backend, config.backend), *options.assume);
  }
  const auto instances = make_instances(config, plugins, remarks, std::move(backend));
  const auto parts = parts_of(config, instances.backend->ranks_per_host());
  std::vector<std::string> here;
  std::vector<std::string> elsewhere;  // in an interpreter, which this process is none of
  for (const auto& choice : config.strategies) {
    if (choice.interpreter.unusable.empty())
      (choice.interpreter.path.empty() ? here : elsewhere).push_back(choice.name);
  }
  StrategySet strategies(config, plugins, remarks, here);
  for (const auto& remark : remarks) log::warn(remark);
  const auto plan = make_plan(config, instances,
                              {parts.back().ranks, [](int) { return true; },
                               [&](int tp_size) { return instances.backend->free_bytes(tp_size); },
                               [&](int) { return &strategies; }, parts.back().unusable, elsewhere});
  const auto assumed = options.assume ? to_string(*options.assume) : "";
  for (const auto& line : plan_lines(config, plan, assumed, parts, missing_adapters(config))) log::say(line);
  return ExitCode::done;
}

ExitCode check(const Options& options, int argc, char** argv) {
  if (started_as_rank()) return run_as_rank(options, become_interpreter(options, argc, argv));
  if (!std::filesystem::is_regular_file(options.check)) {
    throw ConfigError(fmt::format("--check: found {}; allowed: a plugin's .so file", options.check.string()));
  }
  {
    // What breaks when it is loaded is then refused by every rank.
    PluginHost plugins(PluginHost::Loading::after_trial);
    plugins.load_file(options.check);
    load_plugins(plugins, options, {});
  }
  const RankStatus status;
  const auto outcome = launch_ranks(options.check_ranks, false, argc, argv, status);
  if (outcome.failure.empty()) return outcome.code;
  // A usage error is on the terminal already, printed by a rank.
  if (!outcome.interrupted && outcome.code != ExitCode::usage) {
    log::say(fmt::format("FAILED  {}", outcome.last_step.empty() ? "being loaded" : outcome.last_step));
  }
  if (outcome.code != ExitCode::usage) log::error(outcome.failure);
  return outcome.code;
}

ExitCode measure(const Options& options, const Config& config, const PluginHost& plugins, int argc, char** argv) {
  const auto backend = usable_backend(config, plugins);
  const auto parts = parts_of(config, backend->ranks_per_host());
  if (parts.size() == 1 && parts.front().strategies.empty()) {
    const auto& [name, why] = *parts.front().unusable.begin();
    throw ConfigError(fmt::format("no strategy is left: {}: {}", name, why));
  }
  for (const auto& [name, why] : parts.back().unusable) log::warn(fmt::format("{} is skipped: {}", name, why));
  const RunFolder folder({config.output_dir, options.resume, options.command_line});
  const auto outcome = launch_sweep(parts, config, folder, backend->needs_a_core(), argc, argv);
  if (!outcome.failure.empty()) {
    log::error(outcome.failure);
    print_kept_rows(config.output_dir);
  }
  return outcome.code;
}

/// Without gnuplot there are no pictures, which is no failure.
void draw_changes(const Dataset& before, const Dataset& after, const std::filesystem::path& folder) {
  try {
    const int drawn = plot_changes(before, after, folder);
    log::say(fmt::format("{}: {} picture{} of what changed", folder.string(), drawn, drawn == 1 ? "" : "s"));
  } catch (const GnuplotMissing& missing) {
    log::warn(fmt::format("pictures are skipped: {}", missing.what()));
  }
}

/// For runs without ranks. Without this, a reader that ends early (`| head`) kills the run by SIGPIPE, and its file
/// `lock` stays.
void outlive_a_closed_output() { ::signal(SIGPIPE, SIG_IGN); }

ExitCode diff(const Options& options) {
  const std::filesystem::path output_dir = options.output_dir.empty() ? "out/diff" : options.output_dir;
  outlive_a_closed_output();
  const FolderLock lock(output_dir, options.command_line);
  return run_diff({.before = options.diff.front(),
                   .after = options.diff.back(),
                   .platform = platform_of(options),
                   .options = {options.skip_bad_rows, options.allow_mixed},
                   .threshold = options.diff_threshold,
                   .fail_on = options.fail_on,
                   .output_dir = output_dir,
                   .draw = draw_changes});
}

void warn_of_inherited_rank() {
  if (const auto name = take_inherited_rank(); !name.empty()) {
    log::warn(
        fmt::format("{} is set, but no launcher started this process as one of several: it is no rank, and starts "
                    "its own",
                    name));
  }
}

ExitCode run(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  warn_of_inherited_rank();
  if (!options.diff.empty()) return diff(options);
  if (options.help_config) return explain_configuration(options);
  if (options.list) return list_plugins(options);
  if (!options.check.empty()) return check(options, argc, argv);
  if (options.data_dir.empty() && !options.dry_run && started_as_rank()) {
    return run_as_rank(options, become_interpreter(options, argc, argv));
  }

  const auto text = read_config(options);
  PluginHost plugins(PluginHost::Loading::after_trial);
  load_plugins(plugins, options, text.plugin_dirs());
  warn_of_refused_plugins(plugins);
  const auto config = make_config(options, text, plugins, true);
  try_factories(config, plugins);
  if (options.dry_run) return plan_only(options, config, plugins);
  if (options.data_dir.empty()) return measure(options, config, plugins, argc, argv);
  outlive_a_closed_output();
  const FolderLock lock(config.output_dir, options.command_line);
  return run_from_data(config, plugins,
                       {options.data_dir, platform_of(options), {options.skip_bad_rows, options.allow_mixed}});
}

}  // namespace

}  // namespace arbiter

int main(int argc, char** argv) {
  return arbiter::exit_code_of([&] { return arbiter::run(argc, argv); });
}
