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
      text += fmt::format("{} {:.4g} us{}", row.strategy, row.time_us, row.suspect ? " (suspect)" : "");
    }
  }
  return text;
}

std::string bar_text(double share) {
  constexpr int width = 24;
  const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * width));
  return fmt::format("[{:#<{}}{:.<{}}]", "", full, "", width - full);
}

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(std::ceil(std::max(seconds, 0.0)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

Progress::Progress(bool terminal, std::int64_t problems, double total_seconds)
    : terminal_(terminal), problems_(problems), total_seconds_(total_seconds) {}

Progress::~Progress() { pause(); }

std::string Progress::time_left() const {
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
  if (done_seconds_ <= 0.0) return "?";
  return duration_text(spent.count() * std::max(total_seconds_ - done_seconds_, 0.0) / done_seconds_);
}

void Progress::advance(const std::vector<Measurement>& rows, double planned_seconds) {
  ++done_;
  done_seconds_ += planned_seconds;
  const auto& problem = rows.front().problem;
  if (terminal_) {
    const auto line = fmt::format("{} {}/{}  {} left  {}", bar_text(done_seconds_ / total_seconds_), done_, problems_,
                                  time_left(), plain_text(to_string(problem)));
    fmt::print(stdout, "\r\x1b[K{:.118}", line);
    line_open_ = true;
  } else {
    log::say(
        fmt::format("[{}/{}] {}: {} ({} left)", done_, problems_, to_string(problem), times_text(rows), time_left()));
  }
  std::fflush(stdout);
}

void Progress::pause() {
  if (!line_open_) return;
  fmt::print(stdout, "\n");
  std::fflush(stdout);
  line_open_ = false;
}

}  // namespace arbiter
