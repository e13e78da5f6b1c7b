// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/process_group.hpp"
#include "device_code/hazard_kernels.hpp"
#include "strategies/hazards/device_trial.hpp"
#include "support/strategies_plugins.hpp"

namespace arbiter::testing {

/// The cuda backend, its strategies, and failures that all ranks agree on, because a test that only one rank left would
/// leave the others waiting. Skips where not every rank has a GPU.
class Hazards : public ::testing::Test {
 protected:
  void SetUp() override {
    const Support available = backend().available();
    if (!available) GTEST_SKIP() << available.reason;
    const Problem problem{world().size(), DType::bfloat16, "NONE", 64, 4};
    for (const char* name : {"ONESHOT", "TWOSHOT"}) {
      const Support can = cuda_strategy(name)->supports(problem, world());
      if (!can) GTEST_SKIP() << name << ": " << can.reason;
    }
  }

  /// One for all tests: a device is taken once.
  static cuda::CudaBackend& backend() {
    static const auto backend =
        std::dynamic_pointer_cast<cuda::CudaBackend>(make<Backend>(PluginKind::backend, "cuda"));
    return *backend;
  }
  /// "ONESHOT_PLAIN" is ONESHOT without a programmatic launch, whose kernels are others.
  static std::shared_ptr<Strategy> cuda_strategy(std::string name, Settings settings = {}) {
    constexpr std::string_view plain = "_PLAIN";
    if (name.ends_with(plain)) {
      name.resize(name.size() - plain.size());
      settings.emplace_back("programmatic", "false");
    }
    return make<Strategy>(PluginKind::strategy, name, settings, "cuda");
  }
  static std::shared_ptr<Fusion> fusion(const std::string& name) { return make<Fusion>(PluginKind::fusion, name); }

  /// Whether several ranks share a GPU, which time-slices them: an operation then takes milliseconds.
  static bool gpus_are_shared() {
    int devices = 0;
    return cudaGetDeviceCount(&devices) == cudaSuccess && devices < world().size();
  }
  /// `count`, or a small part of it where GPUs are shared.
  static int often(int count) { return gpus_are_shared() ? (count + 99) / 100 : count; }

  static std::unique_ptr<Operation> prepare(Strategy& strategy, const Problem& problem, const Fusion& fusion,
                                            std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    return strategy.prepare({problem, world(), backend(), fusion, timeout, {}});
  }
  static std::shared_ptr<cuda::Kernel> kernel(const std::string& entry) {
    const std::vector parts{cuda::hazard_kernels_code(DType::bfloat16)};
    return backend().link(parts, entry);
  }

  /// Collective. The first rank's failure, the same on every rank; empty if there is none.
  static std::string agreed(const std::string& own) { return first_failure(own, world()); }

  /// Collective. Runs the operation once on poisoned outputs; returns what is wrong with them on any rank.
  static std::string difference_after(Operation& operation, DeviceTrial& trial) {
    trial.poison_outputs();
    trial.restore_input();
    std::string difference;
    std::string failure = failure_of([&] {
      backend().run(operation, trial.bindings());
      trial.spoil_input();
      difference = trial.difference();
    });
    if (!failure.empty()) failure = to_string(trial.problem()) + ": " + failure;
    if (failure = agreed(failure + difference); !failure.empty()) return failure;
    return trial.settle(world());
  }
};

/// For each strategy that has its own kernels.
class HazardsOfKernels : public Hazards, public ::testing::WithParamInterface<const char*> {
 protected:
  static std::shared_ptr<Strategy> strategy() { return cuda_strategy(GetParam()); }
};

inline const auto all_kernels = ::testing::Values("ONESHOT", "ONESHOT_PLAIN", "TWOSHOT", "TWOSHOT_PLAIN");

inline std::string name_of_kernels(const ::testing::TestParamInfo<const char*>& strategy) { return strategy.param; }

}  // namespace arbiter::testing
