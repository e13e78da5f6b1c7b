// SPDX-License-Identifier: Apache-2.0
#include "sweep/plan.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/names.hpp"
#include "comm/silent_group.hpp"
#include "measure/problem_tensors.hpp"

namespace arbiter {

namespace {

/// Every rank holds the tensors, about as much again in workspaces, and a host copy while it verifies.
std::optional<std::string> does_not_fit(const Problem& problem, const Fusion& fusion, std::int64_t free_bytes) {
  if (3 * ProblemTensors::bytes_needed(problem, fusion) <= free_bytes) return std::nullopt;
  return fmt::format("needs more than the {} MiB of memory that are free for each of {} ranks", free_bytes >> 20,
                     problem.tp_size);
}

/// Sampling ends at the target, unless the fewest samples outlast it; each result is compared with a reference once.
double estimated_seconds(const Problem& problem, const Config& config) {
  const auto& measurement = config.measurement;
  const double bytes_per_second = config.backend == "host" ? 0.5e9 : 100e9;
  constexpr double verification_seconds_per_element = 3e-9;
  constexpr double overhead_seconds = 0.005;  // of a series: graphs, warm-up and the samples that are only judged
  const double one = static_cast<double>(problem.message_bytes()) / bytes_per_second;
  const double budget = static_cast<double>(measurement.time_target_ms) / 1000.0;
  const auto series = static_cast<double>(measurement.contexts.size());
  return series * (std::max(budget, 8.0 * one) + overhead_seconds) +
         verification_seconds_per_element * static_cast<double>(problem.elements());
}

/// What the problems of one tp_size have in common.
struct GroupSite {
  const Config& config;
  const Instances& instances;
  StrategySet* strategies;  // null if the run has too few ranks for the group
  const ProcessGroup& group;
  const RunSite& site;
  std::int64_t free_bytes;  // per rank
};

/// Why no strategy can run the problem here; empty if one might.
std::string obstacle(const Problem& problem, const Fusion& fusion, const GroupSite& here) {
  if (problem.tp_size > here.site.ranks) {
    return fmt::format("needs {} ranks, this run has {}", problem.tp_size, here.site.ranks);
  }
  try {
    if (const auto support = fusion.supports(problem); !support) return support.reason;
    if (const auto support = here.instances.backend->supports(fusion, problem); !support) return support.reason;
    return does_not_fit(problem, fusion, here.free_bytes).value_or("");
  } catch (...) {
    return fmt::format("the fusion {} failed when it was asked about the problem: {}", problem.fusion,
                       what_was_thrown());
  }
}

/// Nothing for a strategy that these ranks do not have.
std::optional<Support> ask(const std::string& strategy, const Problem& problem, const GroupSite& here) {
  if (const auto at = here.site.unusable.find(strategy); at != here.site.unusable.end()) return Support::no(at->second);
  if (std::ranges::find(here.site.unasked, strategy) != here.site.unasked.end()) return Support::yes();
  if (!here.strategies->contains(strategy)) return std::nullopt;
  try {
    return here.strategies->get(strategy).supports(problem, here.group);
  } catch (...) {
    return Support::no(
        fmt::format("it failed when it was asked whether it supports the problem: {}", what_was_thrown()));
  }
}

void plan_problem(const Problem& problem, bool holdout, const GroupSite& here, Plan& plan) {
  const auto reason = obstacle(problem, *here.instances.fusions.at(problem.fusion), here);
  if (!reason.empty()) {
    plan.skipped.push_back({problem, "*", reason});
    return;
  }
  PlannedProblem planned{problem, {}, 0.0, holdout};
  for (const auto& strategy : here.config.strategies) {
    const auto support = ask(strategy.name, problem, here);
    if (support && *support) {
      planned.strategies.push_back(strategy.name);
    } else if (support) {
      plan.skipped.push_back({problem, strategy.name, support->reason});
    }
  }
  if (planned.strategies.empty()) return;
  planned.estimated_seconds = static_cast<double>(planned.strategies.size()) * estimated_seconds(problem, here.config);
  plan.problems.push_back(std::move(planned));
}

}  // namespace

std::int64_t Plan::cells() const {
  std::int64_t cells = 0;
  for (const auto& planned : problems) cells += static_cast<std::int64_t>(planned.strategies.size());
  return cells;
}

double Plan::estimated_seconds() const {
  double seconds = 0.0;
  for (const auto& planned : problems) seconds += planned.estimated_seconds;
  return seconds;
}

Plan Plan::of_tp_size(int tp_size) const {
  Plan part;
  for (const auto& planned : problems) {
    if (planned.problem.tp_size == tp_size) part.problems.push_back(planned);
  }
  for (const auto& cell : skipped) {
    if (cell.problem.tp_size == tp_size) part.skipped.push_back(cell);
  }
  return part;
}

Plan make_plan(const Config& config, const Instances& instances, const RunSite& site) {
  Plan plan;
  std::vector<HoldoutShape> grid;
  for (const auto hidden_size : config.hidden_sizes) {
    for (const auto num_tokens : config.num_tokens) grid.push_back({hidden_size, num_tokens});
  }
  for (const int tp_size : config.tp_sizes) {
    const bool fits = tp_size <= site.ranks;
    StrategySet* const strategies = fits ? site.strategies(tp_size) : nullptr;
    if (fits && strategies == nullptr) continue;
    const SilentGroup group(0, tp_size, site.single_host(tp_size));
    const GroupSite here{config, instances, strategies, group, site, site.free_bytes(tp_size)};
    for (const bool holdout : {false, true}) {
      for (const auto dtype : config.dtypes) {
        for (const auto& fusion : config.fusions) {
          if (!instances.fusions.contains(fusion.name)) continue;
          for (const auto& [hidden_size, num_tokens] : holdout ? config.holdout : grid) {
            plan_problem({tp_size, dtype, fusion.name, hidden_size, num_tokens}, holdout, here, plan);
          }
        }
      }
    }
  }
  return plan;
}

void keep_common(Plan& plan, int tp_size, ProcessGroup& group) {
  using Key = std::pair<std::string, std::string>;
  std::map<Key, std::string> own;  // problem and strategy: why not
  std::string text;
  for (const auto& cell : plan.of_tp_size(tp_size).skipped) {
    own.emplace(Key(to_string(cell.problem), cell.strategy), cell.reason);
  }
  for (const auto& [key, reason] : own) text += fmt::format("{}\n{}\n{}\n", key.first, key.second, plain_text(reason));
  const auto all = group.all_gather(text);
  std::map<Key, std::string> elsewhere;
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    if (all[rank] == text) continue;
    std::istringstream lines(all[rank]);
    Key key;
    for (std::string reason;
         std::getline(lines, key.first) && std::getline(lines, key.second) && std::getline(lines, reason);) {
      if (!own.contains(key)) elsewhere.emplace(key, fmt::format("rank {}: {}", rank, reason));
    }
  }
  if (elsewhere.empty()) return;
  for (auto& planned : plan.problems) {
    if (planned.problem.tp_size != tp_size) continue;
    const auto name = to_string(planned.problem);
    const auto before = static_cast<double>(planned.strategies.size());
    std::erase_if(planned.strategies, [&](const std::string& strategy) {
      auto at = elsewhere.find({name, strategy});
      if (at == elsewhere.end()) at = elsewhere.find({name, "*"});
      if (at == elsewhere.end()) return false;
      plan.skipped.push_back({planned.problem, strategy, at->second});
      return true;
    });
    planned.estimated_seconds *= static_cast<double>(planned.strategies.size()) / before;
  }
  std::erase_if(plan.problems, [](const PlannedProblem& planned) { return planned.strategies.empty(); });
}

}  // namespace arbiter
