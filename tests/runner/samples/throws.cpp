// SPDX-License-Identifier: Apache-2.0
// A strategy that throws where its parameter, or the environment, says.
#include <cstdlib>
#include <stdexcept>

#include "arbiter/error.hpp"
#include "arbiter/strategy.hpp"

namespace {

class ThrowingOperation : public arbiter::Operation {
 public:
  void enqueue(const arbiter::Bindings&) override { throw std::runtime_error("the wire broke"); }
};

class Throws : public arbiter::Strategy {
 public:
  explicit Throws(const arbiter::Parameters& values) : where_(values.text("where")) {
    if (const char* where = std::getenv("SAMPLE_THROWS_IN")) where_ = where;
    if (where_ == "config") throw arbiter::ConfigError("nowhere to throw");
    if (where_ == "factory") throw std::runtime_error("no licence found");
  }
  [[nodiscard]] bool fuses(const arbiter::Problem& /*problem*/) const override { return true; }
  [[nodiscard]] arbiter::Support do_supports(const arbiter::Problem&, const arbiter::ProcessGroup&) const override {
    if (where_ == "supports") throw 42;
    return arbiter::Support::yes();
  }
  [[nodiscard]] std::unique_ptr<arbiter::Operation> do_prepare(const arbiter::Preparation&) override {
    if (where_ == "prepare") throw std::runtime_error("no wires left");
    return std::make_unique<ThrowingOperation>();
  }

 private:
  std::string where_;
};

constexpr arbiter::ParameterSpec parameters[] = {
    {"where", arbiter::ParameterType::text, "prepare", "config|factory|supports|prepare|enqueue", "What throws"}};

}  // namespace

ARBITER_PLUGIN(Throws, {.kind = arbiter::PluginKind::strategy,
                        .name = "THROWS",
                        .version = "1",
                        .summary = "Throws",
                        .backend = "host",
                        .table_id = 101,
                        .parameters = parameters,
                        .parameter_count = 1})
