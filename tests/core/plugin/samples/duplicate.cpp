// SPDX-License-Identifier: Apache-2.0
#include "sample_sink.hpp"

ARBITER_PLUGIN(SampleSink, {.kind = arbiter::PluginKind::sink, .name = "sample", .version = "9", .summary = "Second"})
