// lut: the look-up table. `mode: argmin` is the plain rule, the smallest time of each measured cell and `fallback`
// elsewhere. `mode: stable` takes strategies within `tie_percent` of the best, or not to be told from it by the
// confidence intervals, for equal, and chooses among equals those that keep the regions simple, so that noise does not
// flip cells; gaps are answered as the nearest measured cells are, and what failed in or next to a cell is avoided.
// `look_up` says how problems off the grid find their cell: by default the rule with the least regret on cells left out
// of the fit. `refine` adds cells between the measured ones, answered by interpolated times. With `floor_log2`, for
// engines that round down to powers of two, each cell gets the strategy that is best over all it answers for.
#include <iterator>

#include "common/look_up_choice.hpp"
#include "lut/lut.hpp"

namespace arbiter {

namespace {

LutOptions::Refine parse_refine(const std::string& text) {
  if (text == "auto") return LutOptions::Refine::automatic;
  return text == "true" ? LutOptions::Refine::always : LutOptions::Refine::never;
}

class Lut : public Heuristic {
 public:
  explicit Lut(const Parameters& parameters)
      : options_{parameters.text("mode") == "argmin" ? LutOptions::Mode::argmin : LutOptions::Mode::stable,
                 parameters.real("tie_percent"), parameters.text("fallback"), parse_look_up(parameters.text("look_up")),
                 parse_refine(parameters.text("refine"))} {
    static_cast<void>(fallback_strategy(options_.fallback, Dataset{}));
  }
  [[nodiscard]] std::shared_ptr<const Selector> do_fit(const Dataset& dataset) const override {
    return fit_lut(dataset, options_);
  }

 private:
  LutOptions options_;
};

constexpr ParameterSpec lut_parameters[] = {
    {"mode", ParameterType::text, "stable", "argmin|stable", "the plain smallest time, or simple regions among equals"},
    {"tie_percent", ParameterType::real, "2", "0..100", "stable: times this near to the best are equal to it"},
    {"look_up", ParameterType::text, "auto", "auto|nearest|message_size|floor_log2|exact",
     "how shapes off the grid find a cell; auto: by cross-validation (argmin: exact)"},
    {"refine", ParameterType::text, "auto", "auto|true|false",
     "stable: cells between the measured ones, by interpolated times; auto: by cross-validation"},
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
