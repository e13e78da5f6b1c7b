// SPDX-License-Identifier: Apache-2.0
// Joins every strategy that fuses with every fusion, as the plugins themselves ask for it: no device is needed.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "arbiter/fusion.hpp"
#include "arbiter/strategy.hpp"
#include "config/interpreter.hpp"
#include "link/cubin_cache.hpp"
#include "plugin/plugin_host.hpp"
#include "recording_backend.hpp"

namespace arbiter::cuda {
namespace {

namespace fs = std::filesystem;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr std::array dtypes = {DType::bfloat16, DType::float16, DType::float32};
constexpr std::array architectures = {80, 90, 100};

/// From the build tree.
PluginHost& plugins() {
  static PluginHost host;
  if (host.entries().empty()) {
    for (const auto& file : fs::directory_iterator(BUILT_PLUGINS)) {
      const std::string name = file.path().filename().string();
      if (name.starts_with("fusion_") || name.starts_with("strategy_")) host.load_file(file.path());
    }
  }
  return host;
}

template <class Kind>
std::shared_ptr<Kind> make(PluginKind kind, const std::string& name) {
  const PluginEntry& entry = *plugins().find(kind, name, kind == PluginKind::strategy ? "cuda" : "");
  return plugins().create_as<Kind>(entry, Parameters(entry.parameters));
}

struct Pair {
  std::string strategy;
  std::string fusion;
  int tp_size;
  std::size_t number;  ///< of the fusion

  friend void PrintTo(const Pair& pair, std::ostream* out) {
    *out << pair.strategy << " with " << pair.fusion << ", tp " << pair.tp_size;
  }
};

/// The kernels that a strategy wants for any shape.
std::map<std::string, RecordingBackend::Link> kernels_of(const Pair& pair, DType dtype, int sm_version) {
  RecordingBackend backend(sm_version);
  EqualRanks group(pair.tp_size);
  const auto strategy = make<Strategy>(PluginKind::strategy, pair.strategy);
  const auto fusion = make<Fusion>(PluginKind::fusion, pair.fusion);
  for (const std::int64_t hidden : {64, 2048, 4096, 6144, 8192, 12'288, 16'384, 32'768}) {
    for (const std::int64_t tokens : {1, 16, 256, 4096, 65'536}) {
      const Problem problem{pair.tp_size, dtype, pair.fusion, hidden, tokens};
      if (!fusion->supports(problem) || !strategy->supports(problem, group)) continue;
      static_cast<void>(strategy->prepare({problem, group, backend, *fusion, std::chrono::seconds(1), {}}));
    }
  }
  return backend.links();
}

class EveryStrategyLinks : public ::testing::TestWithParam<Pair> {
 protected:
  /// What was linked before, from the same code, is not linked again.
  static CubinCache& cache() {
    static CubinCache cache(LINKED_CODE);
    return cache;
  }

  static void expect_no_spills_and_no_calls(const RecordingBackend::Link& link, int sm_version) {
    const LinkedCode linked = cache().link(link.parts, link.entry, sm_version);
    const KernelFacts* facts = linked.kernel(link.entry);
    ASSERT_NE(facts, nullptr) << linked.log;
    const auto what = fmt::format("{} with {} on sm_{}", link.entry, link.parts.back().name, sm_version);
    std::puts(fmt::format("{:<90} {:3} registers, {:4} bytes stack, {:4} bytes spilled", what, facts->registers,
                          facts->stack_bytes, facts->spill_store_bytes + facts->spill_load_bytes)
                  .c_str());
    EXPECT_GT(facts->registers, 0) << what;
    // Kernels with one vector a thread keep to 64 registers, so that two blocks fit a multiprocessor; some fusions need
    // a few more. With three and four vectors they are short of registers: of one, or of eight where tensors are not
    // aligned, which engines' are; of fourteen in one kernel.
    const auto is = [&](const char* name) { return link.entry.find(name) != std::string::npos; };
    const int most = is("rows1_aligned")                               ? 36
                     : link.entry == "twoshot_rows3_2"                 ? 56
                     : is("rows3") && !is("aligned")                   ? 32
                     : is("rows4") || (is("rows3") && sm_version < 90) ? 4
                                                                       : 0;
    EXPECT_LE(facts->spill_store_bytes, most) << what;
    EXPECT_LE(facts->spill_load_bytes, most) << what;
    // The rare end of a spin is a call on purpose.
    EXPECT_THAT(linked.calls_left, Each(HasSubstr("check_clock"))) << what;
  }
};

/// The whole product of kernels, fusions, dtypes and architectures takes many minutes of processor time: each is
/// compiled anew, and one link of many kernels takes as long as many links. ARBITER_LINK_EVERYTHING=1 runs it.
/// Otherwise a kernel and a fusion meet three of the nine pairs of dtype and architecture, others in turn, so that any
/// three of kernel, fusion, dtype and architecture meet; kernels of two, three and six ranks, which need no more
/// registers than those of four and eight, for the widest rows, which few models have, and for tensors that are not
/// aligned meet one. A fusion that looks at single elements has kernels of its own, which are small and meet all nine.
TEST_P(EveryStrategyLinks, WithoutSpillsOrCallsForEveryDtypeAndArchitecture) {
  const Pair& pair = GetParam();
  const Problem any{.tp_size = pair.tp_size, .fusion = pair.fusion, .hidden_size = 4096, .num_tokens = 16};
  const bool everything = std::getenv("ARBITER_LINK_EVERYTHING") != nullptr ||
                          !make<Fusion>(PluginKind::fusion, pair.fusion)->device_epilogue(any).needs_row;
  for (std::size_t d = 0; d < dtypes.size(); ++d) {
    for (std::size_t a = 0; a < architectures.size(); ++a) {
      std::size_t number = pair.number;
      const auto kernels = kernels_of(pair, dtypes[d], architectures[a]);
      EXPECT_FALSE(kernels.empty());
      for (const auto& [name, link] : kernels) {
        const std::size_t turn = number++;
        const bool is_rare = (pair.tp_size != 4 && pair.tp_size != 8) || name.find("rows3") != std::string::npos ||
                             name.find("rows4") != std::string::npos || name.find("quad") != std::string::npos ||
                             (name.find("aligned") == std::string::npos && name.find("wide") == std::string::npos);
        const bool meets = (d + turn) % architectures.size() == a && (!is_rare || turn % dtypes.size() == d);
        if (everything || meets) expect_no_spills_and_no_calls(link, architectures[a]);
      }
    }
  }
}

std::vector<Pair> pairs() {
  std::vector<Pair> all;
  for (const std::string& strategy : plugins().names(PluginKind::strategy, "cuda")) {
    if (needs_interpreter(*plugins().find(PluginKind::strategy, strategy, "cuda"))) continue;
    const auto made = make<Strategy>(PluginKind::strategy, strategy);
    std::size_t number = 0;
    for (const std::string& fusion : plugins().names(PluginKind::fusion)) {
      ++number;
      if (!made->fuses(Problem{.fusion = fusion})) continue;
      for (const int tp_size : {2, 3, 4, 6, 8}) all.push_back({strategy, fusion, tp_size, number});
    }
  }
  return all;
}

TEST(EveryStrategyAndFusion, IsThere) {
  EXPECT_GE(pairs().size(), 2U * 10U * 5U) << "the plugins of " << BUILT_PLUGINS;
}

INSTANTIATE_TEST_SUITE_P(Cuda, EveryStrategyLinks, ::testing::ValuesIn(pairs()), [](const auto& test) {
  return fmt::format("{}_{}_tp{}", test.param.strategy, test.param.fusion, test.param.tp_size);
});

}  // namespace
}  // namespace arbiter::cuda
