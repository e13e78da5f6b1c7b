// lut: the look-up table. `mode: argmin` is the plain rule, the smallest time of each measured cell and `fallback`
// elsewhere. `mode: stable` takes strategies within `tie_percent` of the best, or not to be told from it by the
// confidence intervals, for equal, and chooses among equals those that keep the regions simple, so that noise does not
// flip cells; problems off the grid get the answer of the nearest measured cell.
#include <iterator>

#include "lut/lut.hpp"

namespace arbiter {

namespace {

class Lut : public Heuristic {
 public:
  explicit Lut(const Parameters& parameters)
      : options_{parameters.text("mode") == "argmin" ? LutOptions::Mode::argmin : LutOptions::Mode::stable,
                 parameters.real("tie_percent"), parameters.text("fallback")} {
    static_cast<void>(fallback_strategy(options_.fallback, Dataset{}));
  }
  [[nodiscard]] std::shared_ptr<const Selector> fit(const Dataset& dataset) const override {
    return fit_lut(dataset, options_);
  }

 private:
  LutOptions options_;
};

constexpr ParameterSpec lut_parameters[] = {
    {"mode", ParameterType::text, "stable", "argmin|stable", "the plain smallest time, or simple regions among equals"},
    {"tie_percent", ParameterType::real, "2", "0..100", "stable: times this near to the best are equal to it"},
    {"fallback", ParameterType::text, "", "", "the strategy where nothing was measured; NCCL on GPUs, else MPI"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Lut, {.kind = arbiter::PluginKind::heuristic,
                              .name = "lut",
                              .version = "1.0",
                              .summary = "Look-up table of the best strategy per measured cell",
                              .parameters = arbiter::lut_parameters,
                              .parameter_count = std::size(arbiter::lut_parameters)})
