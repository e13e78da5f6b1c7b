// The key functions of the SDK's interfaces: their type information lives here, once, for all plugins.
#include <limits>

#include "arbiter/backend.hpp"
#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/plugin.hpp"
#include "arbiter/selector.hpp"
#include "arbiter/sink.hpp"
#include "arbiter/strategy.hpp"

namespace arbiter {

Plugin::~Plugin() = default;
Operation::~Operation() = default;
Buffer::~Buffer() = default;
Sample::~Sample() = default;
LimitProber::~LimitProber() = default;
cuda::Kernel::~Kernel() = default;
cuda::PeerMemory::~PeerMemory() = default;
HostEpilogue::~HostEpilogue() = default;
Selector::~Selector() = default;

double Selector::predict(const Problem& /*problem*/, const std::string& /*strategy*/) const {
  return std::numeric_limits<double>::quiet_NaN();
}

std::string_view name_of(PluginKind kind) {
  switch (kind) {
    case PluginKind::backend: return "backend";
    case PluginKind::strategy: return "strategy";
    case PluginKind::fusion: return "fusion";
    case PluginKind::heuristic: return "heuristic";
    case PluginKind::sink: return "sink";
  }
  return "unknown";
}

}  // namespace arbiter
