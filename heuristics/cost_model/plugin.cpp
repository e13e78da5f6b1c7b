// cost_model: predicts the time of every strategy, as a + b * bytes + c * tokens in each of a few regimes (ranges of
// message size), and chooses the least. The lines have the least sum of relative errors, so that outliers bend nothing;
// regimes are added while each lowers it by a tenth, up to `max_regimes`. It answers shapes nobody measured, and the
// report says how far off its times are on shapes left out of the fit.
#include <iterator>

#include "cost_model/cost_model.hpp"

namespace arbiter {

namespace {

class CostModel : public Heuristic {
 public:
  explicit CostModel(const Parameters& parameters)
      : options_{static_cast<std::size_t>(parameters.integer("max_regimes")), parameters.text("fallback")} {
    static_cast<void>(fallback_strategy(options_.fallback, Dataset{}));
  }
  [[nodiscard]] std::shared_ptr<const Selector> do_fit(const Dataset& dataset) const override {
    return fit_cost_model(dataset, options_);
  }

 private:
  CostModelOptions options_;
};

constexpr ParameterSpec cost_model_parameters[] = {
    {"max_regimes", ParameterType::integer, "4", "1..8", "ranges of message size with a line of their own, at most"},
    {"fallback", ParameterType::text, "", "", "the strategy where nothing was measured; NCCL on GPUs, else MPI"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::CostModel, {.kind = arbiter::PluginKind::heuristic,
                                    .name = "cost_model",
                                    .version = "1.0",
                                    .summary = "The least predicted time, by a cost model fitted by linear programming",
                                    .parameters = arbiter::cost_model_parameters,
                                    .parameter_count = std::size(arbiter::cost_model_parameters)})
