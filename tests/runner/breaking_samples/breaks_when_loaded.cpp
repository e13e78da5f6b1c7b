// SPDX-License-Identifier: Apache-2.0
// A strategy that breaks the process that loads it, or in its factory, as the environment says.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "arbiter/strategy.hpp"

namespace {

void break_if(const char* where) {
  const char* how = std::getenv(where);
  const std::string_view fault = how == nullptr ? "" : how;
  if (fault.empty()) return;
  std::puts("no licence server found");
  std::fflush(stdout);
  if (fault == "exits") std::exit(0);
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would exit instead
  if (fault == "crashes") std::raise(SIGSEGV);
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

const bool initialised = (break_if("SAMPLE_WHEN_LOADED"), true);

class Breaks : public arbiter::Strategy {
 public:
  explicit Breaks(const arbiter::Parameters&) { break_if("SAMPLE_IN_FACTORY"); }
  [[nodiscard]] bool fuses(const arbiter::Problem& /*problem*/) const override { return false; }
  [[nodiscard]] arbiter::Support do_supports(const arbiter::Problem&, const arbiter::ProcessGroup&) const override {
    return arbiter::Support::no(initialised ? "it only loads" : "");
  }
  [[nodiscard]] std::unique_ptr<arbiter::Operation> do_prepare(const arbiter::Preparation&) override { return nullptr; }
};

}  // namespace

ARBITER_PLUGIN(Breaks, {.kind = arbiter::PluginKind::strategy,
                        .name = "BREAKS_WHEN_LOADED",
                        .version = "1",
                        .summary = "Breaks before it does anything",
                        .backend = "host",
                        .table_id = 104})
