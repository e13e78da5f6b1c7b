#pragma once

#include "arbiter/plugin.hpp"
#include "arbiter/sink.hpp"

class SampleSink : public arbiter::Sink {
 public:
  explicit SampleSink(const arbiter::Parameters&) {}
};
