// SPDX-License-Identifier: Apache-2.0
#include "measure/verification.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <span>

#include <fmt/format.h>

#include "arbiter/guarded_buffer.hpp"
#include "arbiter/process_group.hpp"
#include "comm/rank_environment.hpp"
#include "measure/random_data.hpp"
#include "measure/stopwatch.hpp"

namespace arbiter {

namespace {

/// What a set of outputs was made from, and how well it must match.
struct Runs {
  const Problem& problem;
  const Fusion& fusion;
  const TestData& data;
  std::int64_t first_element;  ///< of the message, in the random data
  double share;                ///< allowed_share()
};

/// The worst error over some rows.
double check_some_rows(const Runs& runs, const Bindings& host, std::int64_t first, std::int64_t last,
                       std::int64_t step) {
  const auto& problem = runs.problem;
  const auto hidden = static_cast<std::size_t>(problem.hidden_size);
  std::vector<double> sum(hidden);
  std::vector<double> tolerance(hidden);
  double worst = 0.0;
  for (std::int64_t row = first; row < std::min(last, problem.num_tokens); row += step) {
    sum_of_row(problem, runs.data, runs.first_element, row, runs.share, sum, tolerance);
    const double error = runs.fusion.check_row(problem, host, row, sum, tolerance);
    worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
    if (std::isinf(worst)) break;
  }
  return worst;
}

/// The worst error over this rank's share of the rows.
double check_rows(const Runs& runs, const Bindings& host, const ProcessGroup& group) {
  const auto& problem = runs.problem;
  constexpr std::int64_t elements_worth_a_thread = 32768;
  const std::int64_t own_rows = (problem.num_tokens - group.rank() + group.size() - 1) / group.size();
  const std::int64_t least = elements_worth_a_thread / problem.hidden_size + 1;
  std::mutex mutex;
  double worst = 0.0;
  in_parallel(own_rows, least, group.size(), [&](std::int64_t begin, std::int64_t end) {
    const double part = check_some_rows(runs, host, group.rank() + begin * group.size(),
                                        group.rank() + end * group.size(), group.size());
    const std::lock_guard lock(mutex);
    worst = std::max(worst, part);
  });
  return worst;
}

/// The failure of the first rank that has one, or empty.
std::string run_once(Operation& operation, const Bindings& bindings, Backend& backend, ProcessGroup& group) {
  return first_failure(failure_of([&] { backend.run(operation, bindings); }), group);
}

}  // namespace

void sum_of_row(const Problem& problem, const TestData& data, std::int64_t first_element, std::int64_t row,
                double share, std::span<double> sum, std::span<double> tolerance) {
  std::ranges::fill(sum, 0.0);
  std::ranges::fill(tolerance, 0.0);
  for (int rank = 0; rank < problem.tp_size; ++rank) {
    add_message_elements(data, problem, rank, first_element + row * problem.hidden_size, problem.hidden_size,
                         sum.data(), tolerance.data());
  }
  for (auto& value : tolerance) value *= share;
}

Verification verify(Operation& operation, const Problem& problem, const Fusion& fusion, ProblemTensors& tensors,
                    Backend& backend, ProcessGroup& group, double share) {
  tensors.poison_outputs();
  group.barrier();
  if (auto reason = run_once(operation, tensors.bindings(), backend, group); !reason.empty()) {
    return {std::numeric_limits<double>::quiet_NaN(), std::move(reason), true};
  }
  auto result = judge(problem, fusion, tensors, group, share);
  // What spoilt the result, perhaps.
  if (auto outside = written_outside(operation, tensors, group); !outside.empty()) result.reason = std::move(outside);
  return result;
}

std::string written_outside(Operation& operation, ProblemTensors& tensors, ProcessGroup& group) {
  auto written = tensors.take_written();
  auto* const guards = dynamic_cast<GuardsMemory*>(&operation);
  if (written.empty() && guards != nullptr) written = guards->take_written();
  return first_failure(written.empty() ? written : written + " was written to", group);
}

Verification judge(const Problem& problem, const Fusion& fusion, const ProblemTensors& tensors, ProcessGroup& group,
                   double share) {
  return SampleJudge(problem, fusion, tensors, group).judge_set(share, 0, 0);
}

double allowed_share(Numerics numerics, bool stored, const Problem& problem) {
  const double to_dtype = unit_roundoff(problem.dtype);
  switch (numerics) {
    case Numerics::fp32_rank_order:
    case Numerics::fp32: return problem.tp_size * unit_roundoff(DType::float32) + (stored ? to_dtype : 0.0);
    case Numerics::unknown:
    case Numerics::per_hop:
    case Numerics::library: break;
  }
  return problem.tp_size * to_dtype;
}

const SampleJudge::Judged* SampleJudge::known(std::uint64_t fingerprint, double share, std::int64_t message) const {
  const auto results = right_.find(message);
  if (results == right_.end()) return nullptr;
  const auto found = std::ranges::find_if(results->second, [&](const Judged& judged) {
    return judged.fingerprint == fingerprint && judged.share <= share;
  });
  return found == results->second.end() ? nullptr : &*found;
}

std::vector<std::uint64_t> SampleJudge::fingerprints_of_ranks() {
  const auto own = tensors_.fingerprints();
  std::vector<std::uint64_t> all(own.size() * static_cast<std::size_t>(group_.size()));
  group_.all_gather(own.data(), all.data(), own.size() * sizeof own.front());
  return all;
}

Verification SampleJudge::judge(double share, std::int64_t iterations) {
  Verification worst;
  const auto of_ranks = fingerprints_of_ranks();
  for (std::int64_t set = 0; set < tensors_.sets(); ++set) {
    const auto iteration = tensors_.last_on_set(set, iterations);
    if (iteration < 0) continue;
    auto result = judge_set(share, set, iteration, of_ranks);
    worst.error = std::max(worst.error, result.error);
    if (result.passed()) continue;
    worst.reason = fmt::format("iteration {} of {}: {}", iteration + 1, iterations, result.reason);
    return worst;
  }
  return worst;
}

Verification SampleJudge::judge_set(double share, std::int64_t set, std::int64_t iteration,
                                    std::span<const std::uint64_t> of_ranks) {
  const auto of = [&](int rank) { return of_ranks[static_cast<std::size_t>(rank * tensors_.sets() + set)]; };
  const std::uint64_t own = of(group_.rank());
  int other = 0;
  while (other < group_.size() && of(other) == of(0)) ++other;
  const bool same = other == group_.size();
  const std::int64_t message = iteration % tensors_.messages();

  Verification result;
  if (same) {
    if (const auto* before = known(own, share, message)) {
      result.error = before->error;
      return result;
    }
  }
  const Stopwatch watch(reference_seconds_);
  tensors_.copy_out(set, copy_);
  const Runs runs{problem_, fusion_, tensors_.data(), tensors_.first_element(iteration), share};
  result.error = group_.max(check_rows(runs, {nullptr, copy_.pointers}, group_));
  const bool is_older = std::ranges::any_of(right_, [&](const auto& results) {
    return results.first != message && known(own, share, results.first) != nullptr;
  });
  if (!group_.all(!copy_.untouched)) {
    result.reason = "an output was not written";
  } else if (!group_.all(copy_.guards_intact)) {
    result.reason = "wrote past the end of an output";
  } else if (!group_.all(!is_older)) {
    result.reason = "an output holds the result of another iteration";
  } else if (!same) {
    result.reason = fmt::format("ranks 0 and {} hold different bits", other);
  } else if (!(result.error <= 1.0)) {
    result.reason = fmt::format("the result is off by {:.3g} times the allowed error", result.error);
  } else {
    right_[message].push_back({own, share, result.error});
  }
  return result;
}

}  // namespace arbiter
