// SPDX-License-Identifier: Apache-2.0
#include "common/cross_validation.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/regret.hpp"
#include "common/log_axis.hpp"
#include "common/table_selector.hpp"

namespace arbiter {

namespace {

/// The rows, or of more than can be fitted four times again, those of every n-th tp size, fusion and dtype.
Dataset sample_of(const Dataset& dataset) {
  constexpr std::size_t most_rows = 50'000;
  if (dataset.rows().size() <= most_rows) return dataset;
  using Part = std::tuple<int, Name, DType>;
  const auto part_of = [](const Measurement& row) {
    return Part(row.problem.tp_size, row.problem.fusion, row.problem.dtype);
  };
  std::map<Part, bool> parts;
  for (const Measurement& row : dataset.rows()) parts.try_emplace(part_of(row), false);
  const std::size_t step = std::min((dataset.rows().size() + most_rows - 1) / most_rows, parts.size());
  std::size_t number = 0;
  for (auto& [part, is_sampled] : parts) is_sampled = number++ % step == 0;
  return dataset.filtered([&](const Measurement& row) { return parts.at(part_of(row)); });
}

void add_folds(const Dataset& dataset, std::int64_t Problem::*axis_of, std::vector<std::int64_t> values,
               std::vector<Fold>& folds) {
  const LogAxis axis(std::move(values));
  for (std::size_t parity = 0; parity < 2; ++parity) {
    const auto is_held_out = [&](const Measurement& row) {
      const std::size_t index = *axis.find(row.problem.*axis_of);
      return index > 0 && index + 1 < axis.size() && index % 2 != parity;
    };
    Fold fold{dataset.filtered([&](const Measurement& row) { return !is_held_out(row); }),
              dataset.filtered(is_held_out)};
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
  const Dataset judged = sample_of(dataset);
  std::vector<Fold> folds;
  add_folds(judged, &Problem::hidden_size, judged.hidden_sizes(), folds);
  add_folds(judged, &Problem::num_tokens, judged.num_tokens(), folds);
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
