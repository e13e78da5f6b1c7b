// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arbiter/plugin.hpp"
#include "arbiter/sink.hpp"

class SampleSink : public arbiter::Sink {
 public:
  explicit SampleSink(const arbiter::Parameters&) {}
};
