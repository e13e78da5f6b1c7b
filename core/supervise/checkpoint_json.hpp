#pragma once

#include <string>

#include "supervise/checkpoint.hpp"

/// The lines of a checkpoint. What is read is as it was written, to the bit: tables made from it must not differ.
namespace arbiter::journal_json {

[[nodiscard]] std::string of_row(const Measurement& row);
[[nodiscard]] std::string of_broken(const BrokenCell& broken);
[[nodiscard]] std::string of_complaint(const std::string& text);
/// Throws Error for a line that is none of these.
void add_to(Checkpoint::Contents& contents, const std::string& line);

[[nodiscard]] std::string of_current(const Checkpoint::Current& current);
[[nodiscard]] Checkpoint::Current current_of(const std::string& text);

}  // namespace arbiter::journal_json
