// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "arbiter/regret.hpp"
#include "arbiter/sink.hpp"
#include "common/text_wrap.hpp"

namespace arbiter {

inline constexpr std::size_t verdict_width = summary_width;

/// What a run comes to, in two to five lines of at most verdict_width columns of plain_text(): what is the fastest
/// where, by how much over the better library path, how far the decision can be trusted, what to do next. The decision
/// is that of the heuristic that the holdout finds the best, which the next step names unless it is the first. `rows`
/// is regret_report(report). The next step names files of the output folder, so it is asked for after they are written.
/// Empty without a usable row.
[[nodiscard]] std::vector<std::string> verdict(const Report& report, const std::vector<RegretRow>& rows);

}  // namespace arbiter
