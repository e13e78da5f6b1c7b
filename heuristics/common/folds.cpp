#include "common/folds.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "common/log_axis.hpp"
#include "common/table_selector.hpp"

namespace arbiter {

namespace {

void add_folds(const Dataset& dataset, std::int64_t Problem::*side, std::vector<std::int64_t> values,
               std::vector<Fold>& folds) {
  const LogAxis axis(std::move(values));
  for (std::size_t parity = 0; parity < 2; ++parity) {
    Fold fold{Dataset(dataset.machine()), Dataset(dataset.machine())};
    for (const Measurement& row : dataset.rows()) {
      const std::size_t line = *axis.find(row.problem.*side);
      const bool left_out = line > 0 && line + 1 < axis.size() && line % 2 != parity;
      (left_out ? fold.left_out : fold.fitted).add(row);
    }
    if (!fold.left_out.empty()) folds.push_back(std::move(fold));
  }
}

HeldOutRegret regret_over(const std::vector<Fold>& folds, const std::vector<DecisionTable>& tables) {
  HeldOutRegret total;
  double sum = 0.0;
  for (std::size_t i = 0; i < folds.size(); ++i) {
    const Regret regret = regret_of(TableSelector("", tables[i]), folds[i].left_out);
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
  if (regret.cells == regret.unmeasured) return "no answer has a time";
  std::string text = fmt::format("mean {:.2f} %, worst {:.2f} %", 100.0 * regret.mean, 100.0 * regret.worst);
  if (regret.unmeasured > 0) text += fmt::format(", {} of {} not measured", regret.unmeasured, regret.cells);
  return text;
}

HeldOut::HeldOut(const Dataset& dataset, const std::function<DecisionTable(const Dataset&)>& fit) {
  for (Fold& fold : folds_of(dataset)) {
    try {
      tables_.push_back(fit(fold.fitted));
      folds_.push_back(std::move(fold));
    } catch (const DataError&) {
      // What is left has nothing usable: this fold says nothing.
    }
  }
}

HeldOutRegret HeldOut::regret() const { return regret_over(folds_, tables_); }

HeldOutRegret HeldOut::regret(LookUp look_up) const {
  std::vector<DecisionTable> tables = tables_;
  for (DecisionTable& table : tables) table.look_up = look_up;
  return regret_over(folds_, tables);
}

}  // namespace arbiter
