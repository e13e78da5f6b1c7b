#include "arbiter/sink.hpp"

#include <stdexcept>

namespace arbiter {

void Sink::begin(const RunInfo& run) { do_begin(run); }

void Sink::probed(const MachineProbe& probe) { do_probed(probe); }

void Sink::measured(const Measurement& row) { do_measured(row); }

void Sink::skipped(const Problem& problem, const std::string& strategy, const std::string& reason) {
  if (reason.empty()) throw std::invalid_argument("Sink::skipped() needs a reason");
  do_skipped(problem, strategy, reason);
}

void Sink::write(const Report& report) {
  if (!report.say) throw std::invalid_argument("Sink::write() needs Report::say");
  do_write(report);
}

}  // namespace arbiter
