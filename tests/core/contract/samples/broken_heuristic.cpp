// SPDX-License-Identifier: Apache-2.0
// The best strategy of each cell, MPI elsewhere, with the fault its parameter names.
#include <algorithm>
#include <map>
#include <stdexcept>
#include <vector>

#include "arbiter/error.hpp"
#include "arbiter/heuristic.hpp"

namespace {

using namespace arbiter;

class BestOfCell : public Selector {
 public:
  BestOfCell(const Dataset& dataset, std::string fault)
      : fault_(std::move(fault)), baseline_(baseline_strategy(dataset)) {
    for (const auto& [problem, cell] : dataset.cells()) {
      const auto* best = best_of(cell);
      if (has("chooses_failed")) {
        for (const auto* row : cell) best = row->failed ? row : best;
      }
      if (best != nullptr) chosen_[problem] = best->strategy;
      if (has("chooses_auto")) chosen_[problem] = "AUTO";
    }
    const auto& rows = dataset.rows();
    const auto first =
        std::find_if(rows.begin(), rows.end(), [](const auto& row) { return row.usable() && row.strategy != "AUTO"; });
    if (has("depends_on_order") && first != rows.end()) baseline_ = first->strategy;
    if (has("depends_on_order")) chosen_.clear();
  }
  [[nodiscard]] std::string name() const override { return has("another_name") ? "somebody" : "broken"; }
  [[nodiscard]] std::string select(const Problem& problem) const override {
    const auto found = chosen_.find(problem);
    if (found != chosen_.end()) return found->second;
    return has("knows_measured_only") ? "" : baseline_;
  }
  [[nodiscard]] const DecisionTable* table() const override { return has("table_fault") ? &no_fallback_ : nullptr; }
  [[nodiscard]] std::string report() const override { return has("no_report") ? "" : "the best of each cell"; }

 private:
  [[nodiscard]] bool has(const char* fault) const { return fault_ == fault; }
  std::string fault_;
  std::string baseline_;
  DecisionTable no_fallback_;
  std::map<Problem, std::string> chosen_;
};

class Broken : public Heuristic {
 public:
  explicit Broken(const Parameters& values) : fault_(values.text("fault")) {}
  [[nodiscard]] std::shared_ptr<const Selector> do_fit(const Dataset& dataset) const override {
    if (dataset.empty() && fault_ == "throws_no_error") throw std::out_of_range("vector::at");
    if (dataset.empty()) throw DataError("there are no rows");
    if (fault_ == "makes_nothing") return nullptr;
    return std::make_shared<BestOfCell>(dataset, fault_);
  }

 private:
  std::string fault_;
};

constexpr ParameterSpec parameters[] = {{"fault", ParameterType::text, "none", "", "What is broken"}};

}  // namespace

ARBITER_PLUGIN(Broken, {.kind = arbiter::PluginKind::heuristic,
                        .name = "broken",
                        .version = "1.0",
                        .summary = "Breaks its contract",
                        .parameters = parameters,
                        .parameter_count = 1})
