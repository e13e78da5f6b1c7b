// SPDX-License-Identifier: Apache-2.0
// Joins the pass with every fusion; needs no device.
#include <array>

#include <gtest/gtest.h>

#include "arbiter/fusion.hpp"
#include "device_code/epilogue_pass.hpp"
#include "link/device_link.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/search_path.hpp"

namespace {

using namespace arbiter;

TEST(EpiloguePass, HasEveryFusionInlinedAndSpillsNothing) {
  PluginHost plugins;
  plugins.load_dir(built_in_plugin_dir());
  int linked = 0;
  // Any three of fusion, dtype, kernel and architecture meet.
  constexpr std::array architectures{90, 80, 100};
  std::size_t of_fusion = 0;
  for (const std::string& name : plugins.names(PluginKind::fusion)) {
    std::size_t turn = of_fusion++;
    const PluginEntry* entry = plugins.find(PluginKind::fusion, name);
    const auto fusion = plugins.create_as<Fusion>(*entry, Parameters(entry->parameters));
    for (const DType dtype : {DType::bfloat16, DType::float16, DType::float32}) {
      const auto epilogue = fusion->device_epilogue({2, dtype, name, 4096, 16});
      ++turn;
      if (epilogue.code.empty()) continue;
      std::size_t which = turn;
      for (const char* kernel : {"arbiter_epilogue_pass_1", "arbiter_epilogue_pass_3", "arbiter_epilogue_pass_wide"}) {
        const std::array parts{cuda::epilogue_pass_code(dtype), epilogue.code};
        const auto code = cuda::link_device_code(parts, kernel, architectures[which++ % architectures.size()]);
        const auto* facts = code.kernel(kernel);
        ASSERT_NE(facts, nullptr) << code.log;
        EXPECT_EQ(facts->spill_store_bytes + facts->stack_bytes, 0) << name << " " << kernel << " " << code.log;
        EXPECT_TRUE(code.calls_left.empty()) << name << " " << kernel;
        RecordProperty(name + std::string(name_of(dtype)) + kernel, facts->registers);
        ++linked;
      }
    }
  }
  EXPECT_GE(linked, 9);
}

}  // namespace
