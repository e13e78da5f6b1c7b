// AUTO asks the run's first selector which strategy a problem gets, when the operation is prepared, and hands that
// strategy's own operation out: nothing is decided, and nothing is added, while it runs. The runner answers with the
// baseline where the selector names a strategy that does not support the problem.
#include "arbiter/error.hpp"
#include "arbiter/strategy.hpp"

namespace {

class Auto : public arbiter::Strategy {
 public:
  explicit Auto(const arbiter::Parameters&) {}

  [[nodiscard]] bool fuses() const override { return true; }

  [[nodiscard]] arbiter::Support do_supports(const arbiter::Problem&, const arbiter::ProcessGroup&) const override {
    return arbiter::Support::yes();
  }

  [[nodiscard]] std::unique_ptr<arbiter::Operation> do_prepare(const arbiter::Preparation& preparation) override {
    const auto chosen = preparation.select ? preparation.select(preparation.problem) : std::string{};
    if (chosen.empty()) throw arbiter::Error("AUTO needs a heuristic that has chosen: there is no selector yet");
    return preparation.prepare_other(chosen);
  }
};

}  // namespace

ARBITER_PLUGIN(Auto, {.kind = arbiter::PluginKind::strategy,
                      .name = "AUTO",
                      .version = "1.0",
                      .summary = "Runs what the first heuristic chose for each problem",
                      .backend = ARBITER_AUTO_BACKEND,
                      .table_id = 3})
