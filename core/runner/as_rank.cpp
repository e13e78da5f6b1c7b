// SPDX-License-Identifier: Apache-2.0
#include "as_rank.hpp"

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "comm/world.hpp"
#include "contract/check_plugin.hpp"
#include "supervise/checkpoint.hpp"
#include "supervise/launcher.hpp"
#include "supervise/launcher_link.hpp"
#include "sweep/log.hpp"
#include "sweep/sweep_run.hpp"

namespace arbiter {

namespace {

/// Does a rank's work. If it throws, all ranks end with the exit code of the error: they cannot be brought together
/// again.
template <class Work>
ExitCode work_as_rank(World& world, const Work& work) {
  const int rank = world.all().rank();
  try {
    const auto code = work();
    const bool reported = rank == 0 && report_exit_code(code);
    return world.all().all(rank != 0 || reported) ? ExitCode::done : code;
  } catch (const std::exception& error) {
    const auto* known = dynamic_cast<const Error*>(&error);
    const auto text = fmt::format("rank {}: {}", rank, error.what());
    if (const auto checkpoint = Checkpoint::of_launcher(); checkpoint != nullptr) checkpoint->add_rank_error(text);
    // An error that all ranks have is printed once: the others give rank 0 the time to print it and to end the run.
    if (rank != 0) std::this_thread::sleep_for(std::chrono::seconds(2));
    log::error(text);
    World::abort(static_cast<int>(known != nullptr ? known->exit_code() : ExitCode::failed));
  }
}

}  // namespace

ExitCode run_as_rank(const Options& options) {
  World world;
  return work_as_rank(world, [&] {
    std::string yaml;
    std::string source;
    if (world.all().rank() == 0) {
      const auto text = read_config(options);
      yaml = text.text();
      source = text.source();
    }
    const ConfigText text(world.all().broadcast(yaml, 0), world.all().broadcast(source, 0), overrides_of(options));
    PluginHost plugins;
    load_plugins(plugins, options, text.plugin_dirs());
    const auto config = make_config(options, text, plugins);
    const char* terminal = std::getenv("ARBITER_TERMINAL");
    LauncherLink launcher(world);
    auto hooks = launcher.hooks(config.measurement);
    hooks.command_line = options.command_line;
    return run_sweep(config, plugins, world, terminal != nullptr && *terminal == '1', hooks);
  });
}

ExitCode check_as_rank(const Options& options) {
  World world;
  return work_as_rank(world, [&] {
    PluginHost plugins;
    // First, so that it takes precedence over a built-in plugin of the same name.
    plugins.load_file(options.check);
    load_plugins(plugins, options, {});
    return check_plugin(
        plugins, plugins.entries().front(), options.overrides, world,
        world.all().rank() == 0 ? report_step : [](const std::string&) { return true; });
  });
}

}  // namespace arbiter
