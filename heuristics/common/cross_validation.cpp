// SPDX-License-Identifier: Apache-2.0
#include "common/cross_validation.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "common/log_axis.hpp"
#include "common/table_selector.hpp"

namespace arbiter {

namespace {

void add_folds(const Dataset& dataset, std::int64_t Problem::*axis_of, std::vector<std::int64_t> values,
               std::vector<Fold>& folds) {
  const LogAxis axis(std::move(values));
  for (std::size_t parity = 0; parity < 2; ++parity) {
    Fold fold{Dataset(dataset.machine()), Dataset(dataset.machine())};
    for (const Measurement& row : dataset.rows()) {
      const std::size_t index = *axis.find(row.problem.*axis_of);
      const bool held_out = index > 0 && index + 1 < axis.size() && index % 2 != parity;
      (held_out ? fold.held_out : fold.fitted).add(row);
    }
    if (!fold.held_out.empty()) folds.push_back(std::move(fold));
  }
}

HeldOutRegret regret_over(const std::vector<Fold>& folds, const std::vector<DecisionTable>& tables) {
  HeldOutRegret total;
  double sum = 0.0;
  for (std::size_t i = 0; i < folds.size(); ++i) {
    const Regret regret = regret_of(TableSelector("", tables[i]), folds[i].held_out);
    total.cells += regret.cells;
    total.unmeasured += regret.unmeasured;
    total.worst = std::max(total.worst, regret.worst);
    sum += regret.mean * static_cast<double>(regret.cells - regret.unmeasured);
  }
  if (total.cells > total.unmeasured) total.mean = sum / static_cast<double>(total.cells - total.unmeasured);
  return total;
}

}  // namespace

std::vector<Fold> folds_of(const Dataset& dataset) {
  std::vector<Fold> folds;
  add_folds(dataset, &Problem::hidden_size, dataset.hidden_sizes(), folds);
  add_folds(dataset, &Problem::num_tokens, dataset.num_tokens(), folds);
  return folds;
}

bool HeldOutRegret::clearly_better_than(const HeldOutRegret& other) const {
  if (unmeasured != other.unmeasured) return unmeasured < other.unmeasured;
  return mean < other.mean * (1.0 - 1e-9);
}

std::string to_string(const HeldOutRegret& regret) {
  if (regret.cells == regret.unmeasured) return "no choice has a time";
  std::string text = fmt::format("mean {:.2f} %, worst {:.2f} %", 100.0 * regret.mean, 100.0 * regret.worst);
  if (regret.unmeasured > 0) text += fmt::format(", {} of {} not measured", regret.unmeasured, regret.cells);
  return text;
}

CrossValidation::CrossValidation(const Dataset& dataset, const std::function<DecisionTable(const Dataset&)>& fit) {
  for (Fold& fold : folds_of(dataset)) {
    try {
      tables_.push_back(fit(fold.fitted));
      folds_.push_back(std::move(fold));
    } catch (const DataError&) {
      // The rest has no usable row.
    }
  }
}

HeldOutRegret CrossValidation::regret() const { return regret_over(folds_, tables_); }

HeldOutRegret CrossValidation::regret(LookUp look_up) const {
  std::vector<DecisionTable> tables = tables_;
  for (DecisionTable& table : tables) table.look_up = look_up;
  return regret_over(folds_, tables);
}

LookUpChoice choose_look_up(const CrossValidation& validation) {
  if (!validation.possible()) return {LookUp::nearest, {}, "nearest (no cell can be held out to compare rules)"};
  const HeldOutRegret nearest = validation.regret(LookUp::nearest);
  const HeldOutRegret by_size = validation.regret(LookUp::message_size);
  const bool size_is_better = by_size.clearly_better_than(nearest);
  const LookUp best = size_is_better ? LookUp::message_size : LookUp::nearest;
  return {best, size_is_better ? by_size : nearest,
          fmt::format("{} (regret on held-out cells, every other hidden size or token count: nearest "
                      "{}; message_size {})",
                      name_of(best), to_string(nearest), to_string(by_size))};
}

std::optional<LookUp> parse_look_up(const std::string& text) {
  for (const LookUp rule : std::array{LookUp::exact, LookUp::nearest, LookUp::message_size, LookUp::floor_log2}) {
    if (text == name_of(rule)) return rule;
  }
  return std::nullopt;
}

}  // namespace arbiter
