// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/plots.hpp"
#include "as_rank.hpp"
#include "comm/rank_environment.hpp"
#include "config/config.hpp"
#include "listing.hpp"
#include "options.hpp"
#include "plugin/plugin_host.hpp"
#include "sdk/nearest.hpp"
#include "supervise/launcher.hpp"
#include "sweep/diff_run.hpp"
#include "sweep/instances.hpp"
#include "sweep/log.hpp"
#include "sweep/sweep_run.hpp"

namespace arbiter {

namespace {

void warn_of_refused_plugins(const PluginHost& plugins) {
  for (const auto& entry : plugins.entries()) {
    if (!entry.refused.empty()) log::warn(fmt::format("{}: {}", entry.file.string(), entry.refused));
  }
}

ExitCode list_plugins(const Options& options) {
  PluginHost plugins;
  load_plugins(plugins, options,
               options.config.empty() ? std::vector<std::filesystem::path>{} : read_config(options).plugin_dirs());
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
      if (entry.refused.empty()) names.push_back(entry.name);
    }
    throw ConfigError(
        fmt::format("--list: there is no plugin {}{}", options.listed, suggestion(options.listed, names)));
  }
  return ExitCode::done;
}

std::string platform_of(const Options& options) { return options.sm_version.empty() ? "" : "sm" + options.sm_version; }

/// As many ranks as the largest group needs and this host can take; the plan skips what needs more.
int ranks_to_start(const Config& config, const Backend& backend) {
  const int wanted = *std::max_element(config.tp_sizes.begin(), config.tp_sizes.end());
  return std::clamp(backend.ranks_per_host(), 1, wanted);
}

ExitCode plan_only(const Config& config, const PluginHost& plugins) {
  std::vector<std::string> remarks = config.remarks;
  const auto instances = make_instances(config, plugins, remarks);
  StrategySet strategies(config, plugins, remarks);
  for (const auto& remark : remarks) log::warn(remark);
  const int ranks = ranks_to_start(config, *instances.backend);
  const auto plan =
      make_plan(config, instances,
                {ranks, [](int) { return true; }, [&](int tp_size) { return instances.backend->free_bytes(tp_size); },
                 [&](int) { return &strategies; }});
  print_plan(config, plan);
  return ExitCode::done;
}

ExitCode check(const Options& options, int argc, char** argv) {
  if (started_as_rank()) return check_as_rank(options);
  if (!std::filesystem::is_regular_file(options.check)) {
    throw ConfigError(fmt::format("--check: found {}; allowed: a plugin's .so file", options.check.string()));
  }
  const auto outcome = launch_ranks(options.check_ranks, false, argc, argv);
  if (outcome.failure.empty()) return outcome.code;
  // A usage error is on the terminal already, printed by a rank.
  if (!outcome.interrupted && outcome.code != ExitCode::usage) {
    log::say(fmt::format("FAILED  {}", outcome.last_step.empty() ? "being loaded" : outcome.last_step));
  }
  if (outcome.code != ExitCode::usage) log::error(outcome.failure);
  return outcome.code;
}

ExitCode measure(const Config& config, const PluginHost& plugins, int argc, char** argv) {
  const auto backend = usable_backend(config, plugins);
  const auto outcome = launch_sweep(ranks_to_start(config, *backend), backend->needs_a_core(), argc, argv);
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

ExitCode diff(const Options& options) {
  return run_diff({.before = options.diff.front(),
                   .after = options.diff.back(),
                   .platform = platform_of(options),
                   .options = {options.skip_bad_rows, options.allow_mixed},
                   .threshold = options.diff_threshold,
                   .fail_on = options.fail_on,
                   .output_dir = options.output_dir.empty() ? "out/diff" : options.output_dir,
                   .draw = draw_changes});
}

ExitCode run(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  if (!options.diff.empty()) return diff(options);
  if (options.list) return list_plugins(options);
  if (!options.check.empty()) return check(options, argc, argv);
  if (options.data_dir.empty() && !options.dry_run && started_as_rank()) return run_as_rank(options);

  const auto text = read_config(options);
  PluginHost plugins;
  load_plugins(plugins, options, text.plugin_dirs());
  warn_of_refused_plugins(plugins);
  const auto config = make_config(options, text, plugins);
  try_factories(config, plugins);
  if (options.dry_run) return plan_only(config, plugins);
  if (options.data_dir.empty()) return measure(config, plugins, argc, argv);
  return run_from_data(config, plugins,
                       {options.data_dir, platform_of(options), {options.skip_bad_rows, options.allow_mixed}});
}

}  // namespace

}  // namespace arbiter

int main(int argc, char** argv) {
  try {
    return static_cast<int>(arbiter::run(argc, argv));
  } catch (const arbiter::Error& error) {
    arbiter::log::error(error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    arbiter::log::error(error.what());
    return static_cast<int>(arbiter::ExitCode::failed);
  }
}
