#include "sample_sink.hpp"

ARBITER_PLUGIN(SampleSink, {.kind = arbiter::PluginKind::sink, .name = "sample", .version = "9", .summary = "Second"})
