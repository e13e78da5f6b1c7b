// SPDX-License-Identifier: Apache-2.0
#include "sample_sink.hpp"

namespace {
constexpr arbiter::ParameterSpec parameters[] = {
    {"columns", arbiter::ParameterType::integer, "many", "1..9", "How many columns"},
};
}  // namespace

ARBITER_PLUGIN(SampleSink, {.kind = arbiter::PluginKind::sink,
                            .name = "bad_default",
                            .parameters = parameters,
                            .parameter_count = 1})
