// SPDX-License-Identifier: Apache-2.0
#include "measure/verification.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <span>

#include <fmt/format.h>

#include "arbiter/process_group.hpp"
#include "comm/rank_environment.hpp"
#include "measure/random_data.hpp"

namespace arbiter {

namespace {

/// 64 bits that differ when any byte does, for all practical purposes (FNV-1a over words).
std::uint64_t fingerprint(std::span<const std::byte> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto add = [&hash](std::uint64_t word) { hash = (hash ^ word ^ (hash >> 29U)) * 0x100000001b3U; };
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= bytes.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    add(word);
  }
  for (; at < bytes.size(); ++at) add(static_cast<std::uint64_t>(bytes[at]));
  return hash;
}

/// Of all outputs, in pieces of fixed size, so that the answer does not depend on the number of threads.
std::uint64_t fingerprint(const ProblemTensors::HostCopy& copy, const std::vector<TensorSpec>& specs, int ranks) {
  constexpr std::size_t piece_bytes = std::size_t{1} << 20U;
  std::vector<std::uint64_t> hashes;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].role != TensorRole::output) continue;
    const std::span<const std::byte> bytes = copy.storage[i];
    const std::size_t pieces = (bytes.size() + piece_bytes - 1) / piece_bytes;
    const std::size_t before = hashes.size();
    hashes.resize(before + pieces);
    in_parallel(static_cast<std::int64_t>(pieces), 1, ranks, [&](std::int64_t begin, std::int64_t end) {
      for (auto piece = static_cast<std::size_t>(begin); piece < static_cast<std::size_t>(end); ++piece) {
        const std::size_t first = piece * piece_bytes;
        hashes[before + piece] = fingerprint(bytes.subspan(first, std::min(piece_bytes, bytes.size() - first)));
      }
    });
  }
  return fingerprint(std::as_bytes(std::span(hashes)));
}

/// The worst error over some rows.
double check_some_rows(const Problem& problem, const Fusion& fusion, const Bindings& host, const TestData& data,
                       std::int64_t first, std::int64_t last, std::int64_t step) {
  const auto hidden = static_cast<std::size_t>(problem.hidden_size);
  std::vector<double> sum(hidden);
  std::vector<double> tolerance(hidden);
  // A correct reduction rounds at most once per rank, each time by at most this share of the magnitudes it adds.
  const double rounding = problem.tp_size * unit_roundoff(problem.dtype);
  double worst = 0.0;
  for (std::int64_t row = first; row < std::min(last, problem.num_tokens); row += step) {
    std::fill(sum.begin(), sum.end(), 0.0);
    std::fill(tolerance.begin(), tolerance.end(), 0.0);
    for (int rank = 0; rank < problem.tp_size; ++rank) {
      add_message_elements(data, problem, rank, row * problem.hidden_size, problem.hidden_size, sum.data(),
                           tolerance.data());
    }
    for (auto& value : tolerance) value *= rounding;
    const double error = fusion.check_row(problem, host, row, sum, tolerance);
    worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
    if (std::isinf(worst)) break;
  }
  return worst;
}

/// The worst error over this rank's share of the rows.
double check_rows(const Problem& problem, const Fusion& fusion, const Bindings& host, const TestData& data,
                  const ProcessGroup& group) {
  constexpr std::int64_t elements_worth_a_thread = 32768;
  const std::int64_t own_rows = (problem.num_tokens - group.rank() + group.size() - 1) / group.size();
  const std::int64_t least = elements_worth_a_thread / problem.hidden_size + 1;
  std::mutex mutex;
  double worst = 0.0;
  in_parallel(own_rows, least, group.size(), [&](std::int64_t begin, std::int64_t end) {
    const double part = check_some_rows(problem, fusion, host, data, group.rank() + begin * group.size(),
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

Verification verify(Operation& operation, const Problem& problem, const Fusion& fusion, ProblemTensors& tensors,
                    Backend& backend, ProcessGroup& group) {
  tensors.poison_outputs();
  group.barrier();
  if (auto reason = run_once(operation, tensors.bindings(), backend, group); !reason.empty()) {
    return {std::numeric_limits<double>::quiet_NaN(), std::move(reason), true};
  }
  return judge(problem, fusion, tensors, group);
}

Verification judge(const Problem& problem, const Fusion& fusion, const ProblemTensors& tensors, ProcessGroup& group) {
  const auto copy = tensors.copy_out();

  const std::uint64_t own = fingerprint(copy, tensors.specs(), group.size());
  std::vector<std::uint64_t> all(static_cast<std::size_t>(group.size()));
  group.all_gather(&own, all.data(), sizeof own);
  const auto other = std::find_if(all.begin(), all.end(), [&](auto value) { return value != all.front(); });

  Verification result;
  result.error = group.max(check_rows(problem, fusion, {nullptr, copy.pointers}, tensors.data(), group));
  if (!group.all(copy.guards_intact)) {
    result.reason = "wrote past the end of an output";
  } else if (other != all.end()) {
    result.reason = fmt::format("ranks 0 and {} hold different bits", other - all.begin());
  } else if (!(result.error <= 1.0)) {
    result.reason = fmt::format("the result is off by {:.3g} times the allowed error", result.error);
  }
  return result;
}

}  // namespace arbiter
