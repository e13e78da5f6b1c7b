// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace arbiter {

/// Which file of an output folder goes where, in one line: those that engines load, else the header or the table, else
/// which sink writes one. On GPUs it also says what makes the files of engines, if there is none. `selector` names the
/// one to use; it is empty for the first of the run, whose decision the files have unless told otherwise.
[[nodiscard]] std::string next_step(const std::filesystem::path& output_dir, bool on_gpus, const std::string& selector);

}  // namespace arbiter
