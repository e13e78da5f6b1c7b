// SPDX-License-Identifier: Apache-2.0
#include "sample_sink.hpp"

namespace {

/// A type only this library knows.
class NoLicence : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "no licence found"; }
};

class ThrowingSink : public SampleSink {
 public:
  explicit ThrowingSink(const arbiter::Parameters& parameters) : SampleSink(parameters) { throw NoLicence(); }
};

}  // namespace

ARBITER_PLUGIN(ThrowingSink, {.kind = arbiter::PluginKind::sink, .name = "throwing"})
