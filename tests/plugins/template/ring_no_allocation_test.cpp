// SPDX-License-Identifier: Apache-2.0
// Replaces operator new to count allocations.
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"
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

TEST(Ring, AllocatesNothingWhileItRuns) {
  const auto strategy = test::load_plugin<Strategy>(RING_PLUGIN, {{"chunk_kib", "16"}});
  const auto none = make<Fusion>(PluginKind::fusion, "NONE");
  const Problem problem{world().size(), DType::bfloat16, "NONE", 2048, 50};
  const Trial trial(problem, *none, Data::random, 1);
  allocations = 0;
  counting = true;
  const auto operation = strategy->prepare(preparation(problem, *none));
  EXPECT_GT(allocations, 0) << "allocations inside the plugin are not seen";
  allocations = 0;
  operation->enqueue(trial.bindings());
  counting = false;
  EXPECT_EQ(allocations, 0);
}

}  // namespace
