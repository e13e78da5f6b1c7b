// SPDX-License-Identifier: Apache-2.0
// PYTHON on the host: an operation of the user's own Python, which works on NumPy's views of the runner's memory.
#include "python_strategy.hpp"

namespace {

using namespace arbiter;

class PythonHost : public python::PythonStrategy {
 public:
  using PythonStrategy::PythonStrategy;

 protected:
  [[nodiscard]] Place place(Backend&) const override {
    return {{}, [] { return nullptr; }};
  }
};

}  // namespace

ARBITER_PLUGIN(PythonHost, {.kind = arbiter::PluginKind::strategy,
                            .name = "PYTHON",
                            .version = "1.0",
                            .summary = "An operation of the user's own Python, through an adapter",
                            .backend = "host",
                            .parameters = arbiter::python::parameters.data(),
                            .parameter_count = arbiter::python::parameters.size()})
