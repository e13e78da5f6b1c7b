// SPDX-License-Identifier: Apache-2.0
#include "sample_sink.hpp"

ARBITER_PLUGIN(SampleSink, {.build = {.new_string_abi = 0}, .kind = arbiter::PluginKind::sink, .name = "old_strings"})
