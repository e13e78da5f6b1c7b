// SPDX-License-Identifier: Apache-2.0
#include "supervise/run_folder.hpp"

#include <cerrno>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "io/provenance.hpp"
#include "io/set_aside.hpp"
#include "supervise/checkpoint.hpp"
#include "sweep/log.hpp"

namespace arbiter {

namespace fs = std::filesystem;

namespace {

void move_to(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (!error) fs::rename(from, to, error);
  if (error) throw SystemError(fmt::format("rename {} to {}", from.string(), to.string()), error.value());
}

/// A name that no folder has.
fs::path free_name(const fs::path& folder) {
  int number = 1;
  while (fs::exists(fmt::format("{}.{}", folder.string(), number))) ++number;
  return fmt::format("{}.{}", folder.string(), number);
}

/// What the run before has done; nothing if there is none. Waits until its ranks have ended, which may finish it yet.
std::optional<Checkpoint::Contents> unfinished_run(const fs::path& checkpoint) {
  if (!fs::is_regular_file(checkpoint)) return std::nullopt;
  const Checkpoint own(checkpoint);
  if (!fs::is_regular_file(checkpoint)) return std::nullopt;
  return Checkpoint::contents_of(own.text());
}

std::string description(const Checkpoint::Contents& run) {
  return fmt::format("the unfinished run of {} with {} rows", run.head.date, run.rows.size());
}

}  // namespace

fs::path unfinished_folder(const fs::path& output_dir) { return fs::absolute(output_dir) / "unfinished"; }

RunFolder::RunFolder(const Options& options)
    : lock_(options.output_dir, options.command_line),
      checkpoint_(unfinished_folder(options.output_dir) / "checkpoint.jsonl") {
  const auto folder = checkpoint_.parent_path();
  std::optional<Checkpoint::Contents> before;
  try {
    before = unfinished_run(checkpoint_);
  } catch (const DataError& error) {
    if (options.resume) throw DataError(fmt::format("--resume: {}: {}", checkpoint_.string(), error.what()));
  }
  if (before && options.resume) {
    log::say(fmt::format("{}: {} continues", options.output_dir.string(), description(*before)));
    return;
  }
  if (options.resume) {
    log::say(fmt::format("{}: --resume: there is no unfinished run; a new one begins", options.output_dir.string()));
  }
  if (fs::exists(folder)) {
    const auto aside = free_name(folder);
    move_to(folder, aside);
    log::warn(fmt::format("{}: {} is now in {}, and a new one begins (with --resume it would have continued)",
                          options.output_dir.string(), before ? description(*before) : "an unfinished run",
                          aside.filename().string()));
  }
  Checkpoint::create(checkpoint_, {new_run_id(), utc_date()});
}

RunFolder::~RunFolder() {
  try {
    if (!fs::is_regular_file(checkpoint_)) return;
    const auto contents = Checkpoint::contents_of(read_file(checkpoint_));
    if (contents.rows.empty()) fs::remove_all(checkpoint_.parent_path());
  } catch (const std::exception& error) {
    log::warn(error.what());
  }
}

void publish(const fs::path& checkpoint) {
  const auto folder = checkpoint.parent_path();
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path() != checkpoint) files.push_back(entry.path());
  }
  for (const auto& file : files) {
    const auto target = folder.parent_path() / file.lexically_relative(folder);
    if (fs::is_regular_file(target) && read_file(target) != read_file(file)) set_aside(target);
    move_to(file, target);
  }
}

void finish(const fs::path& checkpoint) {
  publish(checkpoint);
  std::error_code error;
  // The folder goes as a whole or, if this process is killed here, at least without what would be continued.
  fs::remove(checkpoint, error);
  if (!error) fs::remove_all(checkpoint.parent_path(), error);
  if (error) throw SystemError("remove " + checkpoint.parent_path().string(), error.value());
}

}  // namespace arbiter
