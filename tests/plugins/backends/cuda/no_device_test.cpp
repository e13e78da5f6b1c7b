// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/backend.hpp"
#include "arbiter/error.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/search_path.hpp"

namespace {

using namespace arbiter;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

TEST(CudaBackendWithoutADevice, SaysSoInCudasWords) {
  ::setenv("CUDA_VISIBLE_DEVICES", "", 1);
  PluginHost plugins;
  plugins.load_file(built_in_plugin_dir() / "backend_cuda.so");
  const PluginEntry* entry = plugins.find(PluginKind::backend, "cuda");
  ASSERT_NE(entry, nullptr) << plugins.entries().front().refused;
  const auto backend = plugins.create_as<Backend>(*entry, Parameters());
  const Support available = backend->available();
  EXPECT_FALSE(available);
  EXPECT_THAT(available.reason, StartsWith("no CUDA device is visible: "));
  EXPECT_EQ(backend->name(), "cuda");
  EXPECT_EQ(backend->ranks_per_host(), 0);
  EXPECT_THAT([&] { static_cast<void>(backend->allocate(1)); }, ThrowsMessage<Error>(available.reason));
}

}  // namespace
