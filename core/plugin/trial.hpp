// SPDX-License-Identifier: Apache-2.0
#pragma once

// What code of a plugin runs before a run can record anything - initialisers when it is loaded, then its factory - is
// first tried in a child process. There it may exit, crash or hang, and costs a line instead of the run.
//
// - Trials are for processes that have started neither MPI nor a CUDA context: a child of such a process would share
//   memory that is registered with the network card, and could not use the GPU.
// - The runner that the user starts tries; its ranks and what they become (an interpreter) inherit what it found in
//   ARBITER_REFUSED_PLUGINS and try nothing. Ranks that the user's own mpirun started try for themselves, before MPI.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace arbiter {

/// Calls `step(0)`, `step(1)`, ... `step(count - 1)` in a child process, and after one that broke it in another.
/// Returns for each step why it did: it "crashed (...)", "ended the process (...)" or "did not return within 30 s"
/// (ARBITER_LOAD_SECONDS); empty if it returned or threw. What steps print is not shown, but for the last line of one
/// that broke. Without a child process (no more are allowed) every text is empty.
[[nodiscard]] std::vector<std::string> run_apart(std::size_t count, const std::function<void(std::size_t)>& step);

/// False in processes that inherited what was found.
[[nodiscard]] bool may_try_plugins();

/// Notes why a plugin is refused, for this process and those it starts.
void note_refused(const std::filesystem::path& file, const std::string& reason);

/// Why a trial, here or in a process before, refused this file; empty if none did.
[[nodiscard]] std::string refused_by_trial(const std::filesystem::path& file);

}  // namespace arbiter
