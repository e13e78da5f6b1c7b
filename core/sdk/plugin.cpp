// The key functions of the SDK's interfaces: their type information lives here, once, for all plugins.
#include "arbiter/plugin.hpp"

#include "arbiter/backend.hpp"
#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/fusion.hpp"

namespace arbiter {

Plugin::~Plugin() = default;
Operation::~Operation() = default;
Buffer::~Buffer() = default;
Sample::~Sample() = default;
MachineProber::~MachineProber() = default;
cuda::Kernel::~Kernel() = default;
cuda::PeerMemory::~PeerMemory() = default;
HostEpilogue::~HostEpilogue() = default;

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
