// SPDX-License-Identifier: Apache-2.0
// lut: a look-up table of the best strategy per measured cell.
//
// `mode: argmin` is the fastest strategy of each measured cell, and `fallback` elsewhere. `mode: stable` keeps noise
// from flipping cells: times are estimated with the help of neighbouring cells and of the other fusions (RatioSurface),
// and where the estimates tie, the strategy that is best over the whole grid is taken. How much is a tie depends on how
// noisy the times are; it never costs more than 5 %. Unmeasured cells are answered from the measured ones around them,
// and strategies that failed in a cell or a neighbour are avoided. `look_up` is the rule by which problems off the grid
// find a cell, by default the one with the least regret in cross-validation. `refine` adds cells between the measured
// ones, with estimated times. `look_up: floor_log2` is for engines that round down to powers of two: each cell gets the
// strategy that is best over all shapes it answers for. `numerics` leaves out strategies that add in another way, so
// that a choice changes no bits (fp32_rank_order).
#include <iterator>
#include <optional>
#include <utility>

#include "common/candidates.hpp"
#include "common/cross_validation.hpp"
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
                 parse_refine(parameters.text("refine"))},
        numerics_(numerics_of(parameters)) {
    static_cast<void>(fallback_strategy(options_.fallback, Dataset{}));  // refuses AUTO
  }
  [[nodiscard]] std::shared_ptr<const Selector> do_fit(const Dataset& dataset) const override {
    Candidates candidates = candidates_of(dataset, numerics_, options_.fallback, "lut");
    LutOptions options = options_;
    options.fallback = std::move(candidates.fallback);
    options.note = std::move(candidates.note);
    return fit_lut(candidates.dataset, options);
  }

 private:
  LutOptions options_;
  std::optional<Numerics> numerics_;
};

constexpr ParameterSpec lut_parameters[] = {
    {"mode", ParameterType::text, "stable", "argmin|stable",
     "the least time of each cell, or one that noise does not flip"},
    {"tie_percent", ParameterType::real, "1.5", "0..100",
     "stable: how much slower a tie may be where differences are known to 1.5 %; more where less is known, up to 5 %"},
    {"look_up", ParameterType::text, "auto", "auto|nearest|message_size|floor_log2|exact",
     "rule by which shapes off the grid find a cell; auto: by cross-validation (argmin: exact)"},
    {"refine", ParameterType::text, "auto", "auto|true|false",
     "stable: add cells between the measured ones, with estimated times; auto: by cross-validation"},
    {"fallback", ParameterType::text, "", "", "strategy where nothing was measured; empty: NCCL on GPUs, else MPI",
     "ONESHOT"},
    numerics_parameter,
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Lut, {.kind = arbiter::PluginKind::heuristic,
                              .name = "lut",
                              .version = "1.0",
                              .summary = "Look-up table of the best strategy per measured cell",
                              .parameters = arbiter::lut_parameters,
                              .parameter_count = std::size(arbiter::lut_parameters)})
