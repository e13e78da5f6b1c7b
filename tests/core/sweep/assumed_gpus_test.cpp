// SPDX-License-Identifier: Apache-2.0
#include "sweep/assumed_gpus.hpp"

#include <limits>
#include <memory>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/fusion.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::int64_t gib = std::int64_t{1} << 30U;

std::string why_not(const std::string& text) {
  try {
    static_cast<void>(parse_assumed_gpus(text));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(AssumedGpus, AreAnSmVersionOrAModelAndHowMany) {
  EXPECT_EQ(to_string(parse_assumed_gpus("sm90x4")), "4 GPUs of sm90 with 80 GiB");
  EXPECT_EQ(to_string(parse_assumed_gpus("h200x8")), "8 GPUs of sm90 with 141 GiB");
  EXPECT_EQ(to_string(parse_assumed_gpus("B200x1")), "1 GPU of sm100 with 180 GiB");
  EXPECT_EQ(to_string(parse_assumed_gpus("SM86x2")), "2 GPUs of sm86 with 16 GiB") << "no model of it is known";
  EXPECT_EQ(to_string(parse_assumed_gpus("rtx6000x2")), "2 GPUs of sm120 with 96 GiB") << "an x in the model";
}

TEST(AssumedGpus, AreRefusedWithWhatWasMeantAndWhatIsAllowed) {
  EXPECT_THAT(why_not("h20x4"), AllOf(HasSubstr("--assume: found h20x4; did you mean h200x4?"),
                                      HasSubstr("an SM version from sm80 on or a model (a100, ")));
  for (const char* text :
       {"", "x", "sm90", "sm90x", "sm90x0", "sm90x-1", "sm90x4.5", "sm79x4", "sm1000x4", "90x4", "smx4", "sm90x1025"}) {
    EXPECT_THAT(why_not(text), HasSubstr("allowed: ")) << text;
  }
}

TEST(AssumedGpus, AnswerWhatAPlanAsksAndRunNothing) {
  PluginHost plugins;
  plugins.load_dir(BUILT_PLUGINS);
  const auto backend =
      assume_gpus(make_plugin<Backend>(plugins, PluginKind::backend, "host"), parse_assumed_gpus("h200x4"));
  EXPECT_TRUE(backend->available());
  EXPECT_EQ(backend->machine().platform, "sm90");
  EXPECT_EQ(backend->ranks_per_host(), 4);
  EXPECT_EQ(backend->free_bytes(4), 141 * gib);
  EXPECT_EQ(backend->free_bytes(5), 141 * gib / 2) << "two ranks share a GPU";
  const auto fusion = make_plugin<Fusion>(plugins, PluginKind::fusion, "NONE");
  EXPECT_TRUE(backend->supports(*fusion, {4, DType::bfloat16, "NONE", 64, 1}));
  EXPECT_THAT([&] { static_cast<void>(backend->allocate(16)); },
              ::testing::ThrowsMessage<Error>(HasSubstr("are assumed (--assume): nothing runs on them")));
  EXPECT_THROW(backend->fill(nullptr, 0, 1), Error);
}

}  // namespace
}  // namespace arbiter
