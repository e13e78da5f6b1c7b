// SPDX-License-Identifier: Apache-2.0
// PYTHON on CUDA devices: an engine's own AllReduce, called in the engine's own Python. It enqueues on the backend's
// stream, so it is captured into CUDA graphs and timed like any other strategy.
#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/error.hpp"
#include "python_strategy.hpp"

namespace {

using namespace arbiter;

class PythonCuda : public python::PythonStrategy {
 public:
  using PythonStrategy::PythonStrategy;

 protected:
  /// stream() makes the backend set its device.
  [[nodiscard]] Place place(Backend& backend) const override {
    auto& cuda = dynamic_cast<cuda::CudaBackend&>(backend);
    static_cast<void>(cuda.stream());
    int device = 0;
    if (const auto status = cudaGetDevice(&device); status != cudaSuccess) {
      throw Error(fmt::format("cudaGetDevice: {}", cudaGetErrorString(status)));
    }
    return {{device}, [&cuda] { return cuda.stream(); }};
  }
};

}  // namespace

ARBITER_PLUGIN(PythonCuda, {.kind = arbiter::PluginKind::strategy,
                            .name = "PYTHON",
                            .version = "1.0",
                            .summary = "An engine's own AllReduce, called in its Python through an adapter",
                            .backend = "cuda",
                            .parameters = arbiter::python::parameters.data(),
                            .parameter_count = arbiter::python::parameters.size()})
