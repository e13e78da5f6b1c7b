// lp: thresholds by linear programming (GLPK). Strategies are ordered from latency- to bandwidth-optimal, and each
// cell gets one of them such that the choice never falls in that order when num_tokens or hidden_size grows, at the
// least total of time / best time. Where that leaves a cell clearly slower than its best (`monotone_percent`), the
// choice may fall at a price. The same by message size alone gives byte thresholds, which engines can hold; `shape`
// says which of the two answers. The report says what either costs, and token cut-offs for each hidden size.
#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "common/look_up_choice.hpp"
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
                 parse_look_up(parameters.text("look_up"))} {
    static_cast<void>(fallback_strategy(options_.fallback, Dataset{}));
    std::set<std::string> seen;
    for (const std::string& name : options_.order) {
      if (name == "AUTO") throw ConfigError("order: found AUTO, allowed: strategies that do not ask a selector");
      if (!seen.insert(name).second) throw ConfigError(fmt::format("order: found {} twice, allowed once", name));
    }
  }
  [[nodiscard]] std::shared_ptr<const Selector> do_fit(const Dataset& dataset) const override {
    return fit_lp(dataset, options_);
  }

 private:
  LpOptions options_;
};

constexpr ParameterSpec lp_parameters[] = {
    {"order", ParameterType::text_list, "[]", "",
     "strategies from latency- to bandwidth-optimal; empty: from the data"},
    {"shape", ParameterType::text, "regions", "regions|bytes", "choose by num_tokens and hidden_size, or by bytes"},
    {"monotone", ParameterType::text, "auto", "auto|true|false",
     "regions: whether the choice must not fall in the order; auto: while that costs no cell too much"},
    {"monotone_percent", ParameterType::real, "5", "0..1000",
     "monotone auto: how much slower than its best a cell may get, beyond noise"},
    {"look_up", ParameterType::text, "auto", "auto|nearest|message_size|exact",
     "regions: how shapes off the grid find a cell; auto: by cross-validation"},
    {"fallback", ParameterType::text, "", "", "the strategy where nothing was measured; NCCL on GPUs, else MPI"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Lp, {.kind = arbiter::PluginKind::heuristic,
                             .name = "lp",
                             .version = "1.0",
                             .summary = "Monotone regions and byte thresholds of least time, by linear programming",
                             .parameters = arbiter::lp_parameters,
                             .parameter_count = std::size(arbiter::lp_parameters)})
