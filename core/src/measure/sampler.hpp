#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "arbiter/backend.hpp"
#include "arbiter/export.hpp"
#include "arbiter/measurement.hpp"
#include "arbiter/process_group.hpp"
#include "config/config.hpp"

namespace arbiter {

/// One strategy's operation in the race for one problem.
struct Contender {
  std::string strategy;
  std::unique_ptr<Operation> operation;
  Measurement result;  ///< sample() fills in the times; contenders whose result is failed are left out
  bool threw = false;  ///< the operation did not finish: its strategy's ranks may be out of step
  bool lost = false;   ///< it took the backend of a rank with it: Backend::lost()
};

/// Collective. Times every contender on the same problem, taking one sample of each in turn, so that a change in the
/// machine's speed meets all of them alike. All ranks take the same number of samples and fill in the same times.
/// `begins` is called whenever a contender's turn comes. Ends at once if a backend is lost.
ARBITER_EXPORT void sample(
    std::vector<Contender>& contenders, const Bindings& bindings, Backend& backend, ProcessGroup& group,
    const MeasurementConfig& config, const std::function<void(const Contender&)>& begins = [](const Contender&) {});

}  // namespace arbiter
