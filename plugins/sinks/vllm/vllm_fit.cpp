// SPDX-License-Identifier: Apache-2.0
#include "vllm/vllm_fit.hpp"

#include <algorithm>
#include <cmath>

#include "common/flashinfer_rule.hpp"
#include "common/limit_fit.hpp"

namespace arbiter::vllm {

namespace {

constexpr std::int64_t largest_symm_mem = 128 * mib;  // its buffer takes as much; vLLM has no larger value

using Member = std::optional<std::int64_t> Sizes::*;

/// A size and what it may be.
struct Choice {
  Member member;
  Limit limit;
};

EngineRule rule_of(const Host& host, const Sizes& sizes) {
  return [host, sizes](const Problem& problem) { return path_of(problem, host, sizes); };
}

/// Gives the members of `sizes` the values that are best together, the rest as they are.
bool fit(const std::vector<EngineCell>& cells, const Host& host, const std::vector<Choice>& choices, FitFor purpose,
         Sizes& sizes) {
  std::vector<Limit> limits;
  limits.reserve(choices.size());
  for (const Choice& choice : choices) limits.push_back(choice.limit);
  const auto with = [&](const std::vector<std::int64_t>& values) {
    Sizes changed = sizes;
    for (std::size_t i = 0; i < choices.size(); ++i) changed.*choices[i].member = values[i];
    return changed;
  };
  const auto path = [&](const Problem& problem, const std::vector<std::int64_t>& tried) {
    return path_of(problem, host, with(tried));
  };
  const auto values = fit_limits(cells, limits, path, purpose);
  if (values) sizes = with(*values);
  return values.has_value();
}

/// Whether one of the paths has a time, in cells that are fused or in those that are not.
bool has_path(const std::vector<EngineCell>& cells, bool is_fused, std::initializer_list<const char*> paths) {
  return std::ranges::any_of(cells, [&](const EngineCell& cell) {
    return (cell.problem.fusion != "NONE") == is_fused &&
           std::ranges::any_of(paths, [&](const char* path) { return !std::isnan(cell.time_of(path)); });
  });
}

/// Whether the tables of the custom kernel and of PyTorch's symmetric memory count, and with times.
bool reads_symm_mem(const std::vector<EngineCell>& cells, const Host& host) {
  return host.multicast && knows_symm_mem(host.sm) && has_path(cells, false, {symm_two_shot, symm_multimem});
}

class Fitter {
 public:
  Fitter(const std::vector<EngineCell>& cells, const Host& host, int tp_size, const Bounds& bounds, FitFor purpose)
      : cells_(cells),
        purpose_(purpose),
        host_(host),
        shipped_(shipped_sizes(host.sm, tp_size, host.nodes)),
        sizes_(shipped_) {
    const bool asks = asks_flashinfer(host, tp_size);
    const bool alone = asks && has_path(cells, false, {flashinfer::one_shot, flashinfer::two_shot});
    fused_ = asks && has_path(cells, true, {flashinfer::one_shot, flashinfer::two_shot});
    symm_mem_ = reads_symm_mem(cells, host);
    custom_ = symm_mem_ && has_path(cells, false, {custom});
    const auto flashinfer = round_numbers(bounds.least_flashinfer, bounds.largest_flashinfer);
    if (host.mnnvl) {
      if (alone) {
        const auto own = shipped_.mnnvl ? shipped_.mnnvl : shipped_.fused;
        of_flashinfer_.push_back({&Sizes::mnnvl, {own, flashinfer}});
      }
      if (fused_) of_flashinfer_.push_back({&Sizes::fused, {shipped_.fused, flashinfer}});
    } else if (alone || fused_) {
      of_flashinfer_.push_back({&Sizes::fused, {shipped_.fused, flashinfer}});
      if (fused_) {
        const auto one_shot = round_numbers(bounds.least_one_shot, largest_one_shot(tp_size));
        of_flashinfer_.push_back({&Sizes::one_shot, {shipped_.one_shot, one_shot}});
      }
    }
    if (!symm_mem_) return;
    if (custom_) {
      auto sizes = round_numbers(kib, custom_buffer);
      sizes.insert(sizes.begin(), 16);  // no message that the kernel takes is smaller
      of_symm_mem_.push_back({&Sizes::custom, {shipped_.custom, sizes}});
    }
    of_symm_mem_.push_back({&Sizes::symm_mem, {shipped_.symm_mem, round_numbers(4 * kib, largest_symm_mem)}});
  }

  [[nodiscard]] Found found() {
    // Each group counts on the other's sizes, which change little: twice is enough.
    for (int round = 0; round < 2; ++round) {
      fit_all(of_flashinfer_);
      // Cells without times of what comes after FlashInfer say nothing of its limit, but of its shots within the limit.
      if (!host_.mnnvl && fused_) fit_all(std::vector<Choice>(1, of_flashinfer_.back()));
      // A key of its own only where it says something else.
      if (!shipped_.mnnvl && sizes_.mnnvl == sizes_.fused) sizes_.mnnvl.reset();
      fit_all(of_symm_mem_);
    }
    Found result{sizes_, {}, false, 0.0, compare_rules(cells_, rule_of(host_, shipped_), rule_of(host_, sizes_))};
    if (purpose_ == FitFor::file && keeps_shipped(result.comparison)) {
      result.sizes = shipped_;
      result.kept = true;
      result.comparison = compare_rules(cells_, rule_of(host_, shipped_), rule_of(host_, shipped_));
    }
    for (const Member member : fitted_) result.written.*member = result.sizes.*member;
    return result;
  }

 private:
  bool fit_all(const std::vector<Choice>& choices) {
    if (choices.empty() || !fit(cells_, host_, choices, purpose_, sizes_)) return false;
    for (const Choice& choice : choices) {
      if (std::ranges::find(fitted_, choice.member) == fitted_.end()) fitted_.push_back(choice.member);
    }
    return true;
  }

  const std::vector<EngineCell>& cells_;
  FitFor purpose_;
  Host host_;
  Sizes shipped_;
  Sizes sizes_;
  bool fused_ = false;
  bool symm_mem_ = false;
  bool custom_ = false;
  std::vector<Choice> of_flashinfer_;
  std::vector<Choice> of_symm_mem_;
  std::vector<Member> fitted_;
};

}  // namespace

Found fit_sizes(const std::vector<EngineCell>& cells, const Host& host, int tp_size, const Bounds& bounds,
                FitFor purpose) {
  Found found = Fitter(cells, host, tp_size, bounds, purpose).found();
  if (found.kept) {
    found.passed_up = gain_of(Fitter(cells, host, tp_size, bounds, FitFor::reference).found().comparison);
  }
  return found;
}

std::optional<std::string> judge_sizes(const std::vector<EngineCell>& held_out, const Host& host, int tp_size,
                                       const Bounds& bounds, const Found& found) {
  return held_out_text(held_out, rule_of(host, shipped_sizes(host.sm, tp_size, host.nodes)), rule_of(host, found.sizes),
                       rule_of(host, fit_sizes(held_out, host, tp_size, bounds, FitFor::reference).sizes));
}

Found fit_range(const std::vector<EngineCell>& cells, const Host& host, const Sizes& sizes) {
  const auto with = [&](std::int64_t low, std::int64_t high) {
    Sizes changed = sizes;
    changed.range = {low, high};
    return changed;
  };
  Found result{sizes, {}, true, 0.0, compare_rules(cells, rule_of(host, sizes), rule_of(host, sizes))};
  if (!sizes.range) return result;
  auto ends = round_numbers(kib, 64 * mib);
  ends.insert(ends.begin(), 0);  // an empty range where both are
  const auto fitted_for = [&](FitFor purpose) {
    const auto values = fit_limits(
        cells, {{sizes.range->first, ends}, {sizes.range->second, ends}},
        [&](const Problem& problem, const std::vector<std::int64_t>& tried) {
          return path_of(problem, host, with(tried[0], tried[1]));
        },
        purpose);
    return values ? std::optional(with(values->at(0), values->at(1))) : std::nullopt;
  };
  const auto compared = [&](const Sizes& other) {
    return compare_rules(cells, rule_of(host, sizes), rule_of(host, other));
  };
  const auto fitted = fitted_for(FitFor::file);
  if (!fitted) return result;
  result.written.range = sizes.range;
  const Comparison other = compared(*fitted);
  if (keeps_shipped(other)) {
    result.passed_up = gain_of(compared(*fitted_for(FitFor::reference)));
    return result;
  }
  result.kept = false;
  result.sizes = *fitted;
  result.written.range = fitted->range;
  result.comparison = other;
  return result;
}

}  // namespace arbiter::vllm
