// lp: thresholds by linear programming (GLPK). Strategies are ordered from latency- to bandwidth-optimal, and each
// cell gets one of them such that the choice never falls in that order when num_tokens or hidden_size grows, at the
// least total of time / best time. The same by message size alone gives byte thresholds, which engines can hold;
// `shape` says which of the two answers. Problems off the grid get the answer of the nearest measured cell.
#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "common/table_selector.hpp"
#include "lp/lp.hpp"

namespace arbiter {

namespace {

class Lp : public Heuristic {
 public:
  explicit Lp(const Parameters& parameters)
      : options_{parameters.text("shape") == "bytes" ? LpOptions::Shape::bytes : LpOptions::Shape::regions,
                 parameters.texts("order"), parameters.text("fallback")} {
    static_cast<void>(fallback_strategy(options_.fallback, Dataset{}));
    std::set<std::string> seen;
    for (const std::string& name : options_.order) {
      if (name == "AUTO") throw ConfigError("order: found AUTO, allowed: strategies that do not ask a selector");
      if (!seen.insert(name).second) throw ConfigError(fmt::format("order: found {} twice, allowed once", name));
    }
  }
  [[nodiscard]] std::shared_ptr<const Selector> fit(const Dataset& dataset) const override {
    return fit_lp(dataset, options_);
  }

 private:
  LpOptions options_;
};

constexpr ParameterSpec lp_parameters[] = {
    {"order", ParameterType::text_list, "[]", "",
     "strategies from latency- to bandwidth-optimal; empty: from the data"},
    {"shape", ParameterType::text, "regions", "regions|bytes", "choose by num_tokens and hidden_size, or by bytes"},
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
