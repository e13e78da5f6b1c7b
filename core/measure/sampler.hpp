// SPDX-License-Identifier: Apache-2.0
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

/// The operation of one strategy on the problem that is measured.
struct Candidate {
  std::string strategy;
  std::unique_ptr<Operation> operation;
  Measurement result;  ///< sample() fills in the times; candidates whose result is failed are left out
  bool threw = false;  ///< the operation did not finish: the ranks of its strategy may be out of step
  bool lost = false;   ///< the operation cost a rank its backend: Backend::lost()
};

/// Collective. Times all candidates on the same problem, one sample of each in turn, so that a change in the machine's
/// speed affects all of them alike. All ranks take the same number of samples and fill in the same times. `begins` is
/// called before each sample. Returns at once if a backend is lost.
void sample(
    std::vector<Candidate>& candidates, const Bindings& bindings, Backend& backend, ProcessGroup& group,
    const MeasurementConfig& config, const std::function<void(const Candidate&)>& begins = [](const Candidate&) {});

}  // namespace arbiter
