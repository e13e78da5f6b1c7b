// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include "support/strategies_plugins.hpp"
#include "support/strategies_trial.hpp"

namespace {

bool counting = false;
long allocations = 0;

}  // namespace

void* operator new(std::size_t bytes) {
  if (counting) ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }

namespace {

using namespace arbiter;
using namespace arbiter::testing;

TEST(FusedStrategies, AllocateNothingWhileTheyRun) {
  for (const char* name : {"ONESHOT", "TWOSHOT"}) {
    const auto strategy = make_strategy(name);
    const auto fusion = make<Fusion>(PluginKind::fusion, "RESIDUAL_RMS_NORM");
    const Problem problem{world().size(), DType::bfloat16, "RESIDUAL_RMS_NORM", 2048, 500};
    const Trial trial(problem, *fusion, Data::random, 1);
    allocations = 0;
    counting = true;
    const auto operation = strategy->prepare(preparation(problem, *fusion));
    EXPECT_GT(allocations, 0) << "allocations inside plugins are not seen";
    allocations = 0;
    operation->enqueue(trial.bindings());
    counting = false;
    EXPECT_EQ(allocations, 0) << name;
  }
}

}  // namespace
