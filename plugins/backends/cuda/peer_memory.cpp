#include "peer_memory.hpp"

#include <cstdlib>
#include <string_view>
#include <vector>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"
#include "cuda_check.hpp"
#include "ipc_memory.hpp"
#include "peer_access.hpp"
#include "vmm_peer_memory.hpp"

namespace arbiter::cuda {

namespace {

struct Way {
  std::string_view name;
  std::unique_ptr<PeerMemory> (*share)(const SharedMemoryRequest& request);
};

constexpr Way ways[] = {{"ipc", share_by_ipc}, {"vmm", share_by_descriptors}};

std::string refused_way(std::string_view wanted) {
  for (const Way& way : ways) {
    if (wanted.empty() || wanted == way.name) return {};
  }
  return fmt::format("ARBITER_PEER_MEMORY is \"{}\"; ipc and vmm are allowed", wanted);
}

}  // namespace

std::unique_ptr<PeerMemory> share_memory(int device, ProcessGroup& group, std::size_t bytes, unsigned char fill,
                                         const std::shared_ptr<LingeringMemory>& lingering) {
  const auto refuse = [&](const std::string& why) {
    throw Error(fmt::format("cannot share {} bytes of device memory between {} ranks: {}", bytes, group.size(), why));
  };
  if (!group.single_host()) refuse("the ranks are on several hosts");
  const char* variable = std::getenv("ARBITER_PEER_MEMORY");
  const std::string_view wanted = variable == nullptr ? "" : variable;
  if (const auto why = first_failure(refused_way(wanted), group); !why.empty()) refuse(why);
  if (const auto why = missing_peer_access(device, group); !why.empty()) refuse(why);
  lingering->sweep();

  std::string failures;
  for (const Way& way : ways) {
    if (!group.all(wanted.empty() || wanted == way.name)) continue;
    try {
      return way.share({device, group, bytes, fill, lingering});
    } catch (const Error& error) {  // the same on every rank
      failures += fmt::format("{}{}: {}", failures.empty() ? "" : "; ", way.name, error.what());
    }
  }
  refuse(failures.empty() ? "ARBITER_PEER_MEMORY differs between the ranks" : failures);
  return nullptr;
}

}  // namespace arbiter::cuda
