// SPDX-License-Identifier: Apache-2.0
// lp: thresholds by linear programming (GLPK).
//
// Strategies are ordered from latency- to bandwidth-optimal. Each cell gets one of them such that the position in that
// order does not decrease with num_tokens or hidden_size (monotone regions), at the least sum of time / best time.
// Where this leaves a cell clearly slower than its best (`monotone_percent`), the choice may decrease at a penalty. The
// same program over message size alone gives byte thresholds, the form that engines can hold. `shape` says which of the
// two selects; the report states the regret of both, and token cut-offs for each hidden size. `numerics` leaves out
// strategies that add in another way.
#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "common/candidates.hpp"
#include "common/cross_validation.hpp"
#include "common/table_selector.hpp"
#include "lp/lp.hpp"

namespace arbiter {

namespace {

Monotone parse_monotone(const std::string& text) {
  if (text == "auto") return Monotone::automatic;
  return text == "true" ? Monotone::always : Monotone::never;
}

class Lp : public Heuristic {
 public:
  explicit Lp(const Parameters& parameters)
      : options_{parameters.text("shape") == "bytes" ? LpOptions::Shape::bytes : LpOptions::Shape::regions,
                 parameters.texts("order"),
                 parameters.text("fallback"),
                 {parse_monotone(parameters.text("monotone")), parameters.real("monotone_percent") / 100.0},
                 parse_look_up(parameters.text("look_up"))},
        numerics_(numerics_of(parameters)) {
    static_cast<void>(fallback_strategy(options_.fallback, Dataset{}));  // refuses AUTO
    std::set<std::string> seen;
    for (const std::string& name : options_.order) {
      if (name == "AUTO") throw ConfigError("order: found AUTO, allowed: strategies that do not ask a selector");
      if (!seen.insert(name).second) throw ConfigError(fmt::format("order: found {} twice, allowed once", name));
    }
  }
  [[nodiscard]] std::shared_ptr<const Selector> do_fit(const Dataset& dataset) const override {
    Candidates candidates = candidates_of(dataset, numerics_, options_.fallback, "lp");
    LpOptions options = options_;
    options.fallback = std::move(candidates.fallback);
    options.note = std::move(candidates.note);
    return fit_lp(candidates.dataset, options);
  }

 private:
  LpOptions options_;
  std::optional<Numerics> numerics_;
};

constexpr ParameterSpec lp_parameters[] = {
    {"order", ParameterType::text_list, "[]", "", "strategies from latency- to bandwidth-optimal; empty: from the data",
     "[ONESHOT, TWOSHOT, NCCL]"},
    {"shape", ParameterType::text, "regions", "regions|bytes",
     "select by num_tokens and hidden_size, or by message bytes"},
    {"monotone", ParameterType::text, "auto", "auto|true|false",
     "regions: whether larger shapes keep to later strategies of the order; auto: unless a cell gets too slow"},
    {"monotone_percent", ParameterType::real, "5", "0..1000",
     "monotone auto: how much slower than its best strategy a cell may get, beyond noise"},
    {"look_up", ParameterType::text, "auto", "auto|nearest|message_size|exact",
     "regions: rule by which shapes off the grid find a cell; auto: by cross-validation"},
    {"fallback", ParameterType::text, "", "", "strategy where nothing was measured; empty: NCCL on GPUs, else MPI",
     "ONESHOT"},
    numerics_parameter,
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Lp, {.kind = arbiter::PluginKind::heuristic,
                             .name = "lp",
                             .version = "1.0",
                             .summary = "Monotone regions and byte thresholds of least time, by linear programming",
                             .parameters = arbiter::lp_parameters,
                             .parameter_count = std::size(arbiter::lp_parameters)})
