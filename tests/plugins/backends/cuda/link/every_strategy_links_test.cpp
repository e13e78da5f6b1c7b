#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "arbiter/cuda/strip_plan.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/plugin_host.hpp"
#include "device_code/epilogue_pass.hpp"
#include "device_code/oneshot.hpp"
#include "device_code/twoshot.hpp"
#include "link/device_link.hpp"

namespace arbiter::cuda {
namespace {

namespace fs = std::filesystem;
using ::testing::Each;
using ::testing::HasSubstr;

/// A kernel that calls epilogues, as it is built into a plugin.
struct CallingKernel {
  DeviceCode (*code)(DType);
  std::string name;
  bool whole_rows;  ///< the only ones for an epilogue whose scalar depends on the row
  bool any_rows;    ///< used for the other epilogues
  std::size_t number;

  friend void PrintTo(const CallingKernel& kernel, std::ostream* out) { *out << kernel.name; }
};

std::vector<CallingKernel> calling_kernels() {
  std::vector<CallingKernel> kernels;
  const auto add = [&](DeviceCode (*code)(DType), const std::string& name, bool whole_rows, bool any_rows) {
    kernels.push_back({code, name, whole_rows, any_rows, kernels.size()});
  };
  for (const auto& [code, strategy] : {std::pair{&oneshot_code, "oneshot"}, std::pair{&twoshot_code, "twoshot"}}) {
    for (const int ranks : {2, 4, 8}) {
      StripPlan plan;
      plan.whole_rows = false;
      add(code, fmt::format("{}_{}_{}", strategy, plan.name(), ranks), false, true);
      plan.whole_rows = true;
      for (plan.per_thread = 0; plan.per_thread <= 2; ++plan.per_thread) {
        if (ranks == 8 && plan.per_thread == 2) continue;
        add(code, fmt::format("{}_{}_{}", strategy, plan.name(), ranks), true, false);
      }
    }
  }
  for (const char* name : {"arbiter_epilogue_pass_1", "arbiter_epilogue_pass_3", "arbiter_epilogue_pass_wide"}) {
    add(&epilogue_pass_code, name, true, true);
  }
  return kernels;
}

struct BuiltFusion {
  std::string name;
  std::shared_ptr<Fusion> object;
};

/// From the plugins of the build tree.
std::vector<BuiltFusion> fusions() {
  static PluginHost host;
  if (host.entries().empty()) {
    for (const auto& file : fs::directory_iterator(BUILT_PLUGINS)) {
      if (file.path().filename().string().starts_with("fusion_")) host.load_file(file.path());
    }
  }
  std::vector<BuiltFusion> built;
  for (const std::string& name : host.names(PluginKind::fusion)) {
    const PluginEntry& entry = *host.find(PluginKind::fusion, name);
    built.push_back({name, host.create_as<Fusion>(entry, Parameters(entry.parameters))});
  }
  return built;
}

class EveryStrategyLinks : public ::testing::TestWithParam<CallingKernel> {};

/// The whole product of kernels, fusions, dtypes and architectures takes many minutes; ARBITER_LINK_EVERYTHING=1 runs
/// it. Otherwise each kernel is linked once with each fusion it is used with, and the nine pairs of dtype and
/// architecture take turns: fusions of whole rows meet all nine, and kernels for them all dtypes and architectures.
/// Left out are the other eight pairs of the same kernel and fusion.
TEST_P(EveryStrategyLinks, WithEveryFusionWithoutSpillsOrCalls) {
  constexpr DType dtypes[] = {DType::bfloat16, DType::float16, DType::float32};
  constexpr int architectures[] = {90, 80, 100};
  const bool everything = std::getenv("ARBITER_LINK_EVERYTHING") != nullptr;
  const CallingKernel& kernel = GetParam();
  static const std::vector<BuiltFusion> built = fusions();
  ASSERT_GE(built.size(), 6U) << "the fusions of " << BUILT_PLUGINS;

  int links = 0;
  std::size_t turn = kernel.number;
  for (const BuiltFusion& fusion : built) {
    ++turn;
    for (std::size_t pair = 0; pair < 9; ++pair) {
      if (!everything && pair != turn % 9) continue;
      const DType dtype = dtypes[pair % 3];
      const int sm_version = architectures[(pair / 3 + pair) % 3];
      const Problem problem{.tp_size = 2, .dtype = dtype, .fusion = fusion.name, .hidden_size = 4096, .num_tokens = 16};
      const DeviceEpilogue epilogue = fusion.object->device_epilogue(problem);
      ASSERT_FALSE(epilogue.code.empty()) << fusion.name << " has no device code for " << name_of(dtype);
      if (!(epilogue.needs_row ? kernel.whole_rows : kernel.any_rows)) continue;

      const std::array parts = {kernel.code(dtype), epilogue.code};
      const LinkedCode linked = link_device_code(parts, kernel.name, sm_version);
      ++links;
      const KernelFacts* facts = linked.kernel(kernel.name);
      ASSERT_NE(facts, nullptr) << linked.log;
      const auto what = fmt::format("{} with {} on sm_{}", kernel.name, epilogue.code.name, sm_version);
      std::puts(fmt::format("{:<90} {:3} registers, {:4} bytes stack, {:4} bytes spilled", what, facts->registers,
                            facts->stack_bytes, facts->spill_store_bytes + facts->spill_load_bytes)
                    .c_str());
      EXPECT_GT(facts->registers, 0) << what;
      EXPECT_EQ(facts->spill_store_bytes, 0) << what;
      EXPECT_EQ(facts->spill_load_bytes, 0) << what;
      // The rare end of a spin is a call on purpose.
      EXPECT_THAT(linked.calls_left, Each(HasSubstr("look_at_clock"))) << what;
    }
  }
  EXPECT_GT(links, 0) << "no fusion uses the kernel";
}

INSTANTIATE_TEST_SUITE_P(Kernels, EveryStrategyLinks, ::testing::ValuesIn(calling_kernels()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace arbiter::cuda
