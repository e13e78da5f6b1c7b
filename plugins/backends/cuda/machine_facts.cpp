#include "machine_facts.hpp"

#include <fstream>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "cuda_check.hpp"

namespace arbiter::cuda {

namespace {

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

/// "580.159.04" of the kernel module's line, or the CUDA version the driver serves.
std::string driver_version() {
  std::ifstream file("/proc/driver/nvidia/version");
  std::string word;
  while (file >> word) {
    if (word.find('.') != std::string::npos && word.find_first_not_of("0123456789.") == std::string::npos) return word;
  }
  int version = 0;
  check(cudaDriverGetVersion(&version), "ask for the driver's version");
  return "for CUDA " + version_text(version);
}

int pair_attribute(cudaDeviceP2PAttr attribute, int from, int to) {
  int value = 0;
  check(cudaDeviceGetP2PAttribute(&value, attribute, from, to), "ask how two GPUs are linked");
  return value;
}

}  // namespace

std::string peer_access_text(int devices) {
  std::string missing;
  bool atomics = true;
  for (int from = 0; from < devices; ++from) {
    for (int to = 0; to < devices; ++to) {
      if (from == to) continue;
      if (pair_attribute(cudaDevP2PAttrAccessSupported, from, to) == 0) {
        missing += fmt::format("{}{}->{}", missing.empty() ? "" : ", ", from, to);
      } else if (pair_attribute(cudaDevP2PAttrNativeAtomicSupported, from, to) == 0) {
        atomics = false;
      }
    }
  }
  if (devices < 2) return "one GPU";
  if (!missing.empty()) return "no peer access " + missing;
  return atomics ? "peer access between all, with native atomics (NVLink)" : "peer access between all, over PCIe";
}

Machine machine_facts(int device) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "ask for the GPU's properties");
  int runtime = 0;
  check(cudaRuntimeGetVersion(&runtime), "ask for the CUDA runtime's version");
  int devices = 0;
  check(cudaGetDeviceCount(&devices), "count the GPUs");
  return {.platform = fmt::format("sm{}", properties.major * 10 + properties.minor),
          .facts = {{"gpu", properties.name},
                    {"gpus", std::to_string(devices)},
                    {"gpu_links", peer_access_text(devices)},
                    {"driver", driver_version()},
                    {"cuda", version_text(runtime)}}};
}

}  // namespace arbiter::cuda
