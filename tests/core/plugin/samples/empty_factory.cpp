// SPDX-License-Identifier: Apache-2.0
#include "arbiter/plugin.hpp"

extern "C" ARBITER_EXPORT const arbiter::PluginDescriptor arbiter_plugin_descriptor;
extern "C" const arbiter::PluginDescriptor arbiter_plugin_descriptor = {.kind = arbiter::PluginKind::sink,
                                                                        .name = "empty"};
extern "C" ARBITER_EXPORT arbiter::Plugin* arbiter_plugin_create(const arbiter::Parameters*);
extern "C" arbiter::Plugin* arbiter_plugin_create(const arbiter::Parameters*) { return nullptr; }
