// SPDX-License-Identifier: Apache-2.0
#include "sample_sink.hpp"

namespace {
constexpr arbiter::ParameterSpec parameters[] = {
    {"columns", arbiter::ParameterType::integer, "3", "1..9", "How many columns"},
};
}  // namespace

ARBITER_PLUGIN(SampleSink, {.kind = arbiter::PluginKind::sink,
                            .name = "sample",
                            .version = "1.2",
                            .summary = "Writes nothing",
                            .parameters = parameters,
                            .parameter_count = 1})
