// SPDX-License-Identifier: Apache-2.0
// cost_model: the strategy of the least predicted time.
//
// Time is a + b * bytes + c * tokens in each of a few regimes (ranges of message size), fitted by the least sum of
// relative errors, which outliers do not bend. A regime is added while it lowers that sum by a tenth, up to
// `max_regimes`. The model answers for unmeasured shapes; the report states its errors on held-out ones.
// `numerics` leaves out strategies that add in another way.
#include <iterator>
#include <optional>
#include <utility>

#include "common/candidates.hpp"
#include "cost_model/cost_model.hpp"

namespace arbiter {

namespace {

class CostModel : public Heuristic {
 public:
  explicit CostModel(const Parameters& parameters)
      : options_{static_cast<std::size_t>(parameters.integer("max_regimes")), parameters.text("fallback")},
        numerics_(numerics_of(parameters)) {
    static_cast<void>(fallback_strategy(options_.fallback, Dataset{}));  // refuses AUTO
  }
  [[nodiscard]] std::shared_ptr<const Selector> do_fit(const Dataset& dataset) const override {
    Candidates candidates = candidates_of(dataset, numerics_, options_.fallback, "cost_model");
    CostModelOptions options = options_;
    options.fallback = std::move(candidates.fallback);
    options.note = std::move(candidates.note);
    return fit_cost_model(candidates.dataset, options);
  }

 private:
  CostModelOptions options_;
  std::optional<Numerics> numerics_;
};

constexpr ParameterSpec cost_model_parameters[] = {
    {"max_regimes", ParameterType::integer, "4", "1..8",
     "at most this many ranges of message size, each with its own linear model"},
    {"fallback", ParameterType::text, "", "", "strategy where nothing was measured; empty: NCCL on GPUs, else MPI",
     "ONESHOT"},
    numerics_parameter,
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::CostModel,
               {.kind = arbiter::PluginKind::heuristic,
                .name = "cost_model",
                .version = "1.0",
                .summary = "The least predicted time, by a cost model fitted with linear programming",
                .parameters = arbiter::cost_model_parameters,
                .parameter_count = std::size(arbiter::cost_model_parameters)})
