#include "sweep/log.hpp"

#include <memory>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

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
  fmt::print(stdout, "{}\n", line);
  std::fflush(stdout);
}

void warn(std::string_view line) { remarks().warn("{}", line); }
void error(std::string_view line) { remarks().error("{}", line); }

}  // namespace arbiter::log
