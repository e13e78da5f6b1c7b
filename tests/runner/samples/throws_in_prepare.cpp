// A strategy that cannot prepare anything.
#include <stdexcept>

#include "arbiter/strategy.hpp"

namespace {

class ThrowsInPrepare : public arbiter::Strategy {
 public:
  explicit ThrowsInPrepare(const arbiter::Parameters&) {}
  [[nodiscard]] bool fuses() const override { return true; }
  [[nodiscard]] arbiter::Support supports(const arbiter::Problem&, const arbiter::ProcessGroup&) const override {
    return arbiter::Support::yes();
  }
  [[nodiscard]] std::unique_ptr<arbiter::Operation> prepare(const arbiter::Preparation&) override {
    throw std::runtime_error("no wires left");
  }
};

}  // namespace

ARBITER_PLUGIN(ThrowsInPrepare, {.kind = arbiter::PluginKind::strategy,
                                 .name = "THROWS",
                                 .version = "1",
                                 .summary = "Cannot prepare",
                                 .backend = "host",
                                 .table_id = 101})
