// SPDX-License-Identifier: Apache-2.0
#include "strategies/hazards/random_problems.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace arbiter::testing {

namespace {

// Few, because every pair of a fusion and a kind of kernel is linked.
const std::vector<std::string> fusion_names = {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4",
                                               "RESIDUAL_RMS_NORM_QUANT_DYNAMIC_FP8"};

}  // namespace

Problem RandomProblems::draw_problem(const std::string& fusion) {
  // Small messages are as likely as large ones, up to 128 KiB; every kind of row is among them.
  constexpr double most_elements = 65'536.0;
  constexpr double most_hidden = 24'000.0;
  const auto one_to = [this](double most) {
    return static_cast<std::int64_t>(std::pow(most, std::uniform_real_distribution<double>(0.0, 1.0)(agreed_random_)));
  };
  std::int64_t hidden = one_to(most_hidden);
  if (agreed_random_() % 2 == 0 || fusion.ends_with("NVFP4")) hidden = (hidden + 15) / 16 * 16;
  const auto most_tokens = std::max(1.0, most_elements / static_cast<double>(hidden));
  return {world().size(), DType::bfloat16, fusion, hidden, one_to(most_tokens)};
}

std::string RandomProblems::make(int count, const std::vector<std::string>& strategies) {
  for (const std::string& name : fusion_names) fusions_.push_back(fusion(name));
  for (const std::string& name : strategies) strategies_.push_back(cuda_strategy(name));
  while (static_cast<int>(trials_.size()) < count) {
    const std::size_t which = agreed_random_() % fusions_.size();
    const Problem problem = draw_problem(fusion_names[which]);
    const Fusion& chosen = *fusions_[which];
    if (!chosen.supports(problem)) continue;
    trials_.push_back(std::make_unique<DeviceTrial>(backend(), problem, chosen, Data::random, agreed_random_()));
    for (const auto& strategy : strategies_) {
      operations_.push_back(prepare(*strategy, problem, chosen));
      if (auto failure = difference_after(*operations_.back(), *trials_.back()); !failure.empty()) return failure;
    }
  }
  for (const auto& trial : trials_) trial->restore_input();
  return {};
}

std::vector<Step> RandomProblems::draw(std::size_t count) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t which = agreed_random_() % operations_.size();
    steps.push_back({operations_[which].get(), trials_[which / strategies_.size()].get()});
  }
  return steps;
}

std::string RandomProblems::failure_in(Sequence& sequence, const std::vector<Step>& steps, bool graph, int replays) {
  std::set<DeviceTrial*> used;
  for (const Step& step : steps) used.insert(step.trial);
  for (DeviceTrial* trial : used) trial->poison_outputs();
  sequence.set(steps, agreed_random_() + static_cast<unsigned>(world().rank()));
  std::string failure = sequence.failure(world(), graph, replays);
  for (auto trial = used.begin(); failure.empty() && trial != used.end(); ++trial) failure = (*trial)->difference();
  return agreed(failure);
}

}  // namespace arbiter::testing
