// A sink that writes to standard output, where results are: while it is loaded, and at the end of a run.
#include <cstdio>
#include <iostream>

#include "arbiter/sink.hpp"

namespace {

[[maybe_unused]] const bool greeted = std::puts("hello from a library") >= 0;

class Loud : public arbiter::Sink {
 public:
  explicit Loud(const arbiter::Parameters&) {}
  void write(const arbiter::Report& report) override {
    std::cout << "rows: " << report.dataset.rows().size() << '\n';
    report.say("said as it should be");
  }
};

}  // namespace

ARBITER_PLUGIN(Loud, {.kind = arbiter::PluginKind::sink, .name = "loud", .version = "1", .summary = "Talks"})
