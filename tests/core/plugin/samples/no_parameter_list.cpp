// SPDX-License-Identifier: Apache-2.0
#include "sample_sink.hpp"

ARBITER_PLUGIN(SampleSink, {.kind = arbiter::PluginKind::sink,
                            .name = "no_parameter_list",
                            .parameters = nullptr,
                            .parameter_count = 3})
