// SPDX-License-Identifier: Apache-2.0
#include "sweep/log.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "arbiter/names.hpp"
#include "arbiter/units.hpp"

namespace arbiter::log {

namespace {

spdlog::logger& remarks() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("remarks", std::make_shared<spdlog::sinks::stderr_color_sink_st>());
    made->set_pattern("%^%l%$: %v");
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *logger;
}

}  // namespace

void say(std::string_view line) {
  fmt::print(stdout, "{}\n", plain_lines(line));
  std::fflush(stdout);
}

void warn(std::string_view line) { remarks().warn("{}", plain_lines(line)); }
void error(std::string_view line) { remarks().error("{}", plain_lines(line)); }

}  // namespace arbiter::log

namespace arbiter {

namespace {

std::string times_text(const std::vector<Measurement>& rows) {
  std::string text;
  for (const auto& row : rows) {
    if (!text.empty()) text += ", ";
    if (row.failed || std::isnan(row.time_us)) {
      text += fmt::format("{} failed", row.strategy);
    } else {
      text += fmt::format("{} {}{}", row.strategy, time_text(row.time_us), row.suspect ? " (suspect)" : "");
    }
  }
  return text;
}

/// "  last: ONESHOT 2.94 us": the fastest in the first context, which decides.
std::string winner_text(const std::vector<Measurement>& rows) {
  const Measurement* best = nullptr;
  for (const auto& row : rows) {
    if (!row.usable() || row.setting.context != rows.front().setting.context) continue;
    if (best == nullptr || row.time_us < best->time_us) best = &row;
  }
  if (best == nullptr) return "  last: none";
  return fmt::format("  last: {} {}", plain_text(best->strategy), time_text(best->time_us));
}

std::string bar_text(double share) {
  constexpr int width = 24;
  const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * width));
  return fmt::format("[{:#<{}}{:.<{}}]", "", full, "", width - full);
}

}  // namespace

Progress::Progress(int columns, std::int64_t problems, double total_seconds)
    : columns_(columns), problems_(problems), total_seconds_(total_seconds) {}

Progress::~Progress() { pause(); }

std::string Progress::time_left() const {
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
  if (done_seconds_ <= 0.0) return duration_text(total_seconds_);
  return duration_text(spent.count() * std::max(total_seconds_ - done_seconds_, 0.0) / done_seconds_);
}

void Progress::begin(const Problem& problem) {
  if (columns_ > 0) rewrite(problem);
}

void Progress::rewrite(const Problem& problem) {
  const auto line_with = [&](const std::string& cell) {
    return fmt::format("{}/{}  {} left  {}{}", done_, problems_, time_left(), plain_text(cell), last_winner_);
  };
  constexpr int least_columns = 20;
  constexpr int columns_for_bar = 130;  // of nearly every cell, so that it does not come and go
  const auto room = static_cast<std::size_t>(std::max(columns_, least_columns) - 1);  // a full line would begin another
  auto line = line_with(to_string(problem));
  const auto with_bar = fmt::format("{} {}", bar_text(done_seconds_ / total_seconds_), line);
  if (columns_ >= columns_for_bar && with_bar.size() <= room) {
    line = with_bar;
  } else if (line.size() > room) {
    line = line_with(
        fmt::format("tp {}, {}, {} x {}", problem.tp_size, problem.fusion, problem.num_tokens, problem.hidden_size));
  }
  if (line.size() > room) line = plain_text(line, room - 3);  // and "..."
  fmt::print(stdout, "\r\x1b[K{}", line);
  std::fflush(stdout);
  line_open_ = true;
}

void Progress::advance(const std::vector<Measurement>& rows, double planned_seconds) {
  ++done_;
  done_seconds_ += planned_seconds;
  const auto& problem = rows.front().problem;
  if (columns_ > 0) {
    last_winner_ = winner_text(rows);
    rewrite(problem);
  } else {
    log::say(
        fmt::format("[{}/{}] {}: {} ({} left)", done_, problems_, to_string(problem), times_text(rows), time_left()));
  }
}

void Progress::pause() {
  if (!line_open_) return;
  fmt::print(stdout, "\n");
  std::fflush(stdout);
  line_open_ = false;
}

}  // namespace arbiter
