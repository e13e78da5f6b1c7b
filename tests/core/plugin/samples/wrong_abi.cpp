// SPDX-License-Identifier: Apache-2.0
#include "sample_sink.hpp"

ARBITER_PLUGIN(SampleSink, {.abi_version = 4711, .kind = arbiter::PluginKind::sink, .name = "foreign"})
