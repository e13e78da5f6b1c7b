#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "arbiter/backend.hpp"
#include "arbiter/dataset.hpp"
#include "arbiter/process_group.hpp"
#include "config/config.hpp"

namespace arbiter {

/// One strategy's operation in the race for one problem.
struct Candidate {
  std::string strategy;
  std::unique_ptr<Operation> operation;
  Measurement result;  ///< sample() fills in the times; candidates whose result is failed are left out
  bool threw = false;  ///< the operation did not finish: its strategy's ranks may be out of step
  bool lost = false;   ///< it took the backend of a rank with it: Backend::lost()
};

/// Collective. Times every candidate on the same problem, taking one sample of each in turn, so that a change in the
/// machine's speed meets all of them alike. All ranks take the same number of samples and fill in the same times.
/// `begins` is called whenever a candidate's turn comes. Ends at once if a backend is lost.
void sample(
    std::vector<Candidate>& candidates, const Bindings& bindings, Backend& backend, ProcessGroup& group,
    const MeasurementConfig& config, const std::function<void(const Candidate&)>& begins = [](const Candidate&) {});

}  // namespace arbiter
