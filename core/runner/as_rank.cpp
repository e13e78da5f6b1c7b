// SPDX-License-Identifier: Apache-2.0
#include "as_rank.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"
#include "arbiter/python_bridge.hpp"
#include "comm/world.hpp"
#include "contract/check_plugin.hpp"
#include "supervise/launcher.hpp"
#include "supervise/launcher_link.hpp"
#include "supervise/rank_status.hpp"
#include "sweep/log.hpp"
#include "sweep/part.hpp"
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
    if (const auto status = RankStatus::of_launcher(); status != nullptr) status->write_error(text);
    // An error that all ranks have is printed once: the others give rank 0 the time to print it and to end the run.
    if (rank != 0) std::this_thread::sleep_for(std::chrono::seconds(2));
    log::error(text);
    World::abort(static_cast<int>(known != nullptr ? known->exit_code() : ExitCode::failed));
  }
}

/// Collective. What these ranks do, as rank 0 knows it. Throws Error on all ranks if one does not run in the
/// interpreter that the part needs.
Part part_of(World& world, const Config& config) {
  auto& all = world.all();
  const char* own = std::getenv(part_variable);
  const auto text = all.broadcast(all.rank() == 0 && own != nullptr ? own : "", 0);
  auto part = text.empty() ? parts_of(config, all.size()).front() : decoded_part(text);
  const auto* bridge = python_bridge();
  const bool is_there = part.interpreter.empty() || (bridge != nullptr && bridge->interpreter == part.interpreter);
  if (const auto failure = first_failure(is_there ? "" : "does not run in " + part.interpreter, all);
      !failure.empty()) {
    throw ConfigError(
        fmt::format("{}: it must be able to read the configuration ({}) before it starts, or get {} from mpirun (-x)",
                    failure, config.source, python_variable));
  }
  return part;
}

/// What ranks that somebody else started cannot promise.
constexpr const char* unsupervised =
    "another launcher (mpirun, srun) started these ranks, so nobody starts new ones: a strategy that crashes or hangs "
    "ends the run, and the rows before it are kept";

/// Before anything is written.
void expect_enough_ranks(const Config& config, int ranks) {
  const int least = *std::ranges::min_element(config.tp_sizes);
  if (ranks >= least) return;
  throw ConfigError(
      fmt::format("problems.tp_size: the smallest is {}, and the launcher (mpirun, srun) started {} rank{}; "
                  "start at least {}, or start runner alone and it starts them",
                  least, ranks, ranks == 1 ? "" : "s", least));
}

ExitCode sweep_as_rank(const Options& options, World& world, const std::string& refusal) {
  if (!refusal.empty()) throw ConfigError(refusal);
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
  const auto config = make_config(options, text, plugins, false);
  const bool is_supervised = world.all().all(std::getenv(Checkpoint::variable) != nullptr || world.all().rank() != 0);
  if (!is_supervised) {
    expect_enough_ranks(config, world.all().size());
    if (world.all().rank() == 0) {
      warn_of_refused_plugins(plugins);
      log::warn(unsupervised);
    }
  }
  const char* columns = std::getenv("ARBITER_TERMINAL");
  LauncherLink launcher(world, {config.output_dir, options.resume, options.command_line});
  auto hooks = launcher.hooks(config.measurement);
  hooks.command_line = options.command_line;
  hooks.part = part_of(world, config);
  hooks.continues = hooks.continues || hooks.part->number > 1;
  return run_sweep(config, plugins, world, columns == nullptr ? 0 : std::atoi(columns), hooks);
}

ExitCode check_as_rank(const Options& options, World& world) {
  PluginHost plugins;
  // First, so that it takes precedence over a built-in plugin of the same name.
  plugins.load_file(options.check);
  load_plugins(plugins, options, {});
  return check_plugin(
      plugins, plugins.entries().front(), options.overrides, world,
      world.all().rank() == 0 ? report_step : [](const std::string&) { return true; });
}

}  // namespace

ExitCode run_as_rank(const Options& options, const std::string& refusal) {
  World world;
  return work_as_rank(world, [&] {
    return options.check.empty() ? sweep_as_rank(options, world, refusal) : check_as_rank(options, world);
  });
}

int exit_code_of(const std::function<ExitCode()>& work) {
  try {
    return static_cast<int>(work());
  } catch (const Error& error) {
    log::error(error.what());
    return static_cast<int>(error.exit_code());
  } catch (...) {
    log::error(what_was_thrown());
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace arbiter
