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
  double allowed_share = 0.0;  ///< allowed_share() of the strategy's numerics
  Measurement result;          ///< sample() fills in the times; candidates whose result is failed are left out
  bool threw = false;          ///< the operation did not finish: the ranks of its strategy may be out of step
  bool lost = false;           ///< the operation cost a rank its backend: Backend::lost()
};

/// What the samples of a cell run on, and who judges what they wrote.
struct SampleSubject {
  Context context = Context::back_to_back;
  Neighbour neighbour;  ///< contexts engine and engine_early
  /// The iterations of a sample of that many.
  std::function<std::vector<Iteration>(std::int64_t)> iterations;
  /// Called before a sample that is judged. Nothing is judged without it.
  std::function<void()> poison{};
  /// Collective. Called after it: why what its iterations wrote is wrong; empty if it is right.
  std::function<std::string(Candidate&, std::int64_t iterations)> judge{};
};

/// Collective. Times all candidates on the same problem, one sample of each in turn and in a random order in each
/// round, so that a change in the machine's speed affects all of them alike. All ranks take the same number of samples
/// and fill in the same times. Of each candidate a sample before the first that counts, one that counts, and one after
/// the last are judged: they are samples like all others, on poisoned outputs. A wrong one fails the candidate.
/// `begins` is called before each sample. Returns at once if a backend is lost.
///
/// With a neighbour in front of each operation a sample is a pair: neighbours and operations, and neighbours alone; the
/// difference is the time. Which of the two is first changes from pair to pair.
void sample(
    std::vector<Candidate>& candidates, const SampleSubject& subject, Backend& backend, ProcessGroup& group,
    const MeasurementConfig& config, const std::function<void(const Candidate&)>& begins = [](const Candidate&) {});

/// Likewise back to back on one set of tensors, and nothing is judged.
void sample(
    std::vector<Candidate>& candidates, const Bindings& bindings, Backend& backend, ProcessGroup& group,
    const MeasurementConfig& config, const std::function<void(const Candidate&)>& begins = [](const Candidate&) {});

}  // namespace arbiter
