// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/process_group.hpp"
#include "measure/problem_tensors.hpp"

namespace arbiter {

/// How much larger than the exact sum's the error of a correct reduction may be: a share of the sum of magnitudes. One
/// rounding to the dtype per rank where the strategy's numerics allow it, otherwise one fp32 rounding per addition, and
/// one to the dtype where the sum is stored before the epilogue reads it (`stored`).
[[nodiscard]] double allowed_share(Numerics numerics, bool stored, const Problem& problem);

/// The exact sum of a row over all ranks, and by how much a correct reduction may miss each value; `share` is
/// allowed_share(). The message begins `first_element` elements into the random data.
void sum_of_row(const Problem& problem, const TestData& data, std::int64_t first_element, std::int64_t row,
                double share, std::span<double> sum, std::span<double> tolerance);

/// The outcome of runs of an operation on poisoned outputs.
struct Verification {
  double error = 0.0;  ///< worst error as a share of the allowed error; <= 1 passes
  std::string reason;  ///< empty if it passed, on every rank
  bool threw = false;  ///< the operation did not finish: the ranks of its strategy may be out of step

  [[nodiscard]] bool passed() const { return reason.empty(); }
};

/// Collective; every rank gets the same answer. Runs `operation` once on poisoned outputs and judges the result.
/// `share` is allowed_share().
[[nodiscard]] Verification verify(Operation& operation, const Problem& problem, const Fusion& fusion,
                                  ProblemTensors& tensors, Backend& backend, ProcessGroup& group, double share);

/// Collective; every rank gets the same answer: what the operation wrote since the outputs were poisoned, that is no
/// output ("the message was written to"). Empty if nothing.
[[nodiscard]] std::string written_outside(Operation& operation, ProblemTensors& tensors, ProcessGroup& group);

/// Collective; every rank gets the same answer. Checks that all ranks hold the same bits in their outputs of the first
/// set, that no guard was overwritten, and that every row is within tolerance of the double-precision reference (each
/// rank checks its share of the rows). `share` is allowed_share().
[[nodiscard]] Verification judge(const Problem& problem, const Fusion& fusion, const ProblemTensors& tensors,
                                 ProcessGroup& group, double share);

/// Judges the outputs of whole samples of one problem. A result is checked against the reference once: the same bits
/// are right again wherever they come from the same message, so that judging costs little more than a fingerprint.
class SampleJudge {
 public:
  /// All references must outlive it.
  SampleJudge(const Problem& problem, const Fusion& fusion, const ProblemTensors& tensors, ProcessGroup& group)
      : problem_(problem), fusion_(fusion), tensors_(tensors), group_(group) {}

  /// Copies what operations only read, once: before a run, which may spoil it.
  void know_inputs() { tensors_.copy_inputs(copy_); }

  /// Collective; every rank gets the same answer. The outputs were poisoned before `iterations` runs: judges each set
  /// by the last run on it. `share` is allowed_share(). The reason says which iteration was wrong.
  [[nodiscard]] Verification judge(double share, std::int64_t iterations);
  /// Likewise one set, which `iteration` wrote. The reason does not name the iteration.
  [[nodiscard]] Verification judge_set(double share, std::int64_t set, std::int64_t iteration) {
    return judge_set(share, set, iteration, fingerprints_of_ranks());
  }

  /// The time that this rank took to copy outputs out and to compare them with the reference.
  [[nodiscard]] double reference_seconds() const { return reference_seconds_; }

 private:
  /// Of the sets, by rank and then by set.
  [[nodiscard]] std::vector<std::uint64_t> fingerprints_of_ranks();
  [[nodiscard]] Verification judge_set(double share, std::int64_t set, std::int64_t iteration,
                                       std::span<const std::uint64_t> of_ranks);

  struct Judged {
    std::uint64_t fingerprint;
    double share;  ///< with which it was judged
    double error;
  };

  [[nodiscard]] const Judged* known(std::uint64_t fingerprint, double share, std::int64_t message) const;

  const Problem& problem_;
  const Fusion& fusion_;
  const ProblemTensors& tensors_;
  ProcessGroup& group_;
  ProblemTensors::HostCopy copy_;
  double reference_seconds_ = 0.0;
  std::map<std::int64_t, std::vector<Judged>> right_;  // by message; the same on every rank
};

}  // namespace arbiter
