#include "peer_access.hpp"

#include <array>
#include <vector>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/process_group.hpp"
#include "cuda_check.hpp"

namespace arbiter::cuda {

namespace {

using BusId = std::array<char, 32>;

/// Empty if `device` reaches the GPU at that place.
std::string obstacle(int device, int peer_rank, const BusId& own_id, const BusId& peer_id) {
  if (own_id == peer_id) return {};
  int peer = 0;
  if (cudaDeviceGetByPCIBusId(&peer, peer_id.data()) != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
    return fmt::format(
        "the GPU {} of rank {} is not visible to it (CUDA_VISIBLE_DEVICES must list the GPUs of all ranks)",
        peer_id.data(), peer_rank);
  }
  int reaches = 0;
  check(cudaDeviceCanAccessPeer(&reaches, device, peer), "ask for peer access");
  if (reaches != 0) return {};
  return fmt::format("its GPU {} has no peer access to the GPU {} of rank {}", own_id.data(), peer_id.data(),
                     peer_rank);
}

}  // namespace

std::string missing_peer_access(int device, ProcessGroup& group) {
  BusId own{};
  std::string failure = failure_of(
      [&] { check(cudaDeviceGetPCIBusId(own.data(), static_cast<int>(own.size()), device), "ask where the GPU is"); });
  std::vector<BusId> ids(static_cast<std::size_t>(group.size()));
  group.all_gather(own.data(), ids.data(), sizeof(BusId));
  for (int rank = 0; rank < group.size() && failure.empty(); ++rank) {
    const BusId& id = ids[static_cast<std::size_t>(rank)];
    if (id[0] == '\0') break;  // that rank says why
    const std::string thrown = failure_of([&] { failure = obstacle(device, rank, own, id); });
    if (!thrown.empty()) failure = thrown;
  }
  return first_failure(failure, group);
}

}  // namespace arbiter::cuda
