#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/plugin_host.hpp"
#include "check/check_plugin.hpp"
#include "config/config.hpp"
#include "config/nearest.hpp"
#include "launch/rank_environment.hpp"
#include "launch/world.hpp"
#include "launch_run.hpp"
#include "listing.hpp"
#include "options.hpp"
#include "pipeline/instances.hpp"
#include "pipeline/log.hpp"
#include "pipeline/make_plugin.hpp"
#include "pipeline/runs.hpp"
#include "plugin/search_path.hpp"
#include "plugin/stray_output.hpp"

namespace arbiter {

namespace {

/// In the documented order, so that a name that occurs twice belongs to the first folder.
void load_plugins(PluginHost& plugins, const Options& options, const std::vector<std::filesystem::path>& from_yaml) {
  const auto world_writable =
      options.allow_world_writable_plugins ? PluginHost::WorldWritable::allow : PluginHost::WorldWritable::refuse;
  plugins.load_dir(built_in_plugin_dir(), world_writable);
  for (const auto& dir : from_yaml) plugins.load_dir(dir, world_writable);
  for (const auto& dir : options.plugin_dirs) plugins.load_dir(dir, world_writable);
  for (const auto& dir : environment_plugin_dirs()) plugins.load_dir(dir, world_writable);
}

void warn_of_odd_plugins(const PluginHost& plugins) {
  for (const auto& entry : plugins.entries()) {
    if (!entry.refused.empty()) log::warn(fmt::format("{}: {}", entry.file.string(), entry.refused));
    if (!entry.said.empty()) {
      log::warn(fmt::format("{}: wrote to standard output, which is for results, while it was loaded: \"{}\"",
                            entry.file.string(), entry.said));
    }
  }
}

/// Options that have a key in the YAML are overrides of it, so they are checked as it is.
std::vector<std::string> overrides_of(const Options& options) {
  auto overrides = options.overrides;
  if (options.enable_auto) overrides.emplace_back("enable_auto=true");
  return overrides;
}

ConfigText read_config(const Options& options) {
  return options.config.empty() ? ConfigText::builtin(overrides_of(options))
                                : ConfigText::from_file(options.config, overrides_of(options));
}

/// What the command line says stands above what the YAML says.
Config make_config(const Options& options, const ConfigText& text, const PluginHost& plugins) {
  auto config = text.validate(plugins, !options.data_dir.empty());
  if (!options.save_csv_dir.empty()) {
    config.output_dir = options.save_csv_dir;
  } else if (!options.data_dir.empty() && !config.output_dir_given) {
    config.output_dir = options.data_dir;
  }
  if (!options.sm_version.empty() && options.data_dir.empty() && config.backend == "host") {
    throw ConfigError("--sm_version: the host backend measures the processor; its files are named cpu");
  }
  return config;
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

std::shared_ptr<Backend> usable_backend(const Config& config, const PluginHost& plugins) {
  auto backend = make_plugin<Backend>(plugins, PluginKind::backend, config.backend);
  if (const auto available = backend->available(); !available) {
    throw Error(fmt::format("the {} backend cannot be used here: {}", config.backend, available.reason));
  }
  return backend;
}

/// As many ranks as the largest group needs and this host can take; the plan says what that leaves out.
int ranks_to_start(const Config& config, const Backend& backend) {
  const int wanted = *std::max_element(config.tp_sizes.begin(), config.tp_sizes.end());
  return std::clamp(backend.ranks_per_host(), 1, wanted);
}

ExitCode plan_only(Config config, const PluginHost& plugins) {
  std::vector<std::string> remarks;
  const auto instances = make_instances(config, plugins, remarks);
  for (const auto& remark : remarks) log::warn(remark);
  const int ranks = ranks_to_start(config, *instances.backend);
  const auto plan =
      make_plan(config, instances,
                {ranks, [](int) { return true; }, [&](int tp_size) { return instances.backend->free_bytes(tp_size); }});
  print_plan(config, plan);
  return ExitCode::done;
}

/// One rank of a run. All ranks use rank 0's text of the configuration, so hosts need not have the same file.
ExitCode run_as_rank(const Options& options) {
  World world;
  try {
    const bool root = world.all().rank() == 0;
    std::string yaml;
    std::string source;
    if (root) {
      const auto own = read_config(options);
      yaml = own.text();
      source = own.source();
    }
    const ConfigText text(world.all().broadcast(yaml, 0), world.all().broadcast(source, 0), overrides_of(options));
    PluginHost plugins;
    load_plugins(plugins, options, text.plugin_dirs());
    const auto config = make_config(options, text, plugins);
    const char* terminal = std::getenv("ARBITER_TERMINAL");
    const auto code = run_sweep(config, plugins, world, terminal != nullptr && *terminal == '1');
    const bool told = root && report_to_launcher(code);
    return world.all().all(!root || told) ? ExitCode::done : code;
  } catch (const std::exception& error) {
    const auto* known = dynamic_cast<const Error*>(&error);
    const auto code = known != nullptr ? known->exit_code() : ExitCode::failed;
    // What is wrong everywhere is told once: the other ranks give rank 0 time to say it and to end the run.
    if (world.all().rank() != 0) std::this_thread::sleep_for(std::chrono::seconds(2));
    log::error(fmt::format("rank {}: {}", world.all().rank(), error.what()));
    World::abort(static_cast<int>(code));
  }
}

/// One rank of a check.
ExitCode check_as_rank(const Options& options) {
  World world;
  try {
    PluginHost plugins;
    // First, so that a plugin of a built-in one's name is the one that is checked.
    plugins.load_file(options.check, options.allow_world_writable_plugins ? PluginHost::WorldWritable::allow
                                                                          : PluginHost::WorldWritable::refuse);
    load_plugins(plugins, options, {});
    const auto code = check_plugin(
        plugins, plugins.entries().front(), options.overrides, world,
        world.all().rank() == 0 ? tell_launcher : [](const std::string&) {});
    const bool told = world.all().rank() == 0 && report_to_launcher(code);
    return world.all().all(world.all().rank() != 0 || told) ? ExitCode::done : code;
  } catch (const std::exception& error) {
    const auto* known = dynamic_cast<const Error*>(&error);
    if (world.all().rank() != 0) std::this_thread::sleep_for(std::chrono::seconds(2));
    log::error(error.what());
    World::abort(static_cast<int>(known != nullptr ? known->exit_code() : ExitCode::failed));
  }
}

ExitCode check(const Options& options, int argc, char** argv) {
  if (started_as_rank()) return check_as_rank(options);
  if (!std::filesystem::is_regular_file(options.check)) {
    throw ConfigError(fmt::format("--check: found {}; allowed: a plugin's .so file", options.check.string()));
  }
  restore_standard_output();
  const auto launched = launch_ranks(options.check_ranks, false, argc, argv);
  if (!launched.broke_off.empty()) {
    log::say(fmt::format("FAILED  {}", launched.step.empty() ? "being loaded" : launched.step));
    log::error(launched.broke_off);
  }
  return launched.code;
}

ExitCode measure(const Config& config, const PluginHost& plugins, int argc, char** argv) {
  const auto backend = usable_backend(config, plugins);
  restore_standard_output();
  const auto launched = launch_ranks(ranks_to_start(config, *backend), backend->needs_a_core(), argc, argv);
  if (!launched.broke_off.empty()) {
    log::error(launched.broke_off);
    say_what_is_kept(config.output_dir);
  }
  return launched.code;
}

ExitCode run(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  divert_standard_output();
  if (options.list) return list_plugins(options);
  if (!options.check.empty()) return check(options, argc, argv);
  if (options.data_dir.empty() && !options.dry_run && started_as_rank()) return run_as_rank(options);

  const auto text = read_config(options);
  PluginHost plugins;
  load_plugins(plugins, options, text.plugin_dirs());
  warn_of_odd_plugins(plugins);
  const auto config = make_config(options, text, plugins);
  try_factories(config, plugins);
  if (options.dry_run) return plan_only(config, plugins);
  if (options.data_dir.empty()) return measure(config, plugins, argc, argv);
  const auto platform = options.sm_version.empty() ? "" : "sm" + options.sm_version;
  return run_from_data(config, plugins, {options.data_dir, platform, {options.skip_bad_rows}});
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
