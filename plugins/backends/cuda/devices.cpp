// SPDX-License-Identifier: Apache-2.0
#include "devices.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <string_view>

#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "device_errors.hpp"

namespace arbiter::cuda {

namespace {

int first_number_of(std::initializer_list<const char*> variables, int otherwise) {
  for (const char* name : variables) {
    const char* text = std::getenv(name);
    if (text == nullptr || *text == '\0') continue;
    char* end = nullptr;
    const long number = std::strtol(text, &end, 10);
    if (*end == '\0' && number >= 0 && number < 1'000'000) return static_cast<int>(number);
  }
  return otherwise;
}

bool is_on(const char* variable) {
  const char* text = std::getenv(variable);
  return text != nullptr && std::string_view(text) == "1";
}

}  // namespace

Support DeviceChoice::usable() const {
  if (devices < 1) {
    return Support::no("no CUDA device is visible" + (failure.empty() ? std::string() : ": " + failure));
  }
  if (local_ranks > devices && !may_share) {
    if (devices == 1 && !visible_devices.empty()) {
      return Support::no(
          fmt::format("{} ranks on this host, and this one sees only the CUDA device {} (CUDA_VISIBLE_DEVICES): a "
                      "launcher that gives "
                      "each rank a GPU of its own (srun --gpus-per-task, --gpu-bind) hides those of its peers, which "
                      "it must reach; "
                      "let each see all of them (srun --gpus-per-node, --gpu-bind=none). ARBITER_SHARE_GPUS=1 lets "
                      "several ranks use "
                      "one",
                      local_ranks, visible_devices));
    }
    return Support::no(fmt::format(
        "{} ranks on this host, but only {} CUDA {} visible; ARBITER_SHARE_GPUS=1 lets several ranks use one",
        local_ranks, devices, devices == 1 ? "device is" : "devices are"));
  }
  return Support::yes();
}

int DeviceChoice::ranks_per_device(int ranks) const { return devices < 1 ? 1 : (std::max(ranks, 1) - 1) / devices + 1; }

int device_attribute(cudaDeviceAttr attribute, int device) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, attribute, device), "ask for the GPU's properties");
  return value;
}

int sm_version_of(int device) {
  return device_attribute(cudaDevAttrComputeCapabilityMajor, device) * 10 +
         device_attribute(cudaDevAttrComputeCapabilityMinor, device);
}

DeviceChoice choose_device() {
  DeviceChoice choice;
  const auto code = cudaGetDeviceCount(&choice.devices);
  if (code != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
    choice.devices = 0;
    choice.failure = message_of(code);
  }
  choice.local_rank = first_number_of({"OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID", "MPI_LOCALRANKID"}, 0);
  choice.local_ranks =
      std::max(choice.local_rank + 1, first_number_of({"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"}, 1));
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  choice.visible_devices = visible == nullptr ? "" : visible;
  choice.may_share = is_on("ARBITER_SHARE_GPUS");
  return choice;
}

namespace {

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

/// "580.159.04" from the kernel module, or else the CUDA version that the driver supports.
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

/// How the visible GPUs access each other, or which cannot.
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

/// Of the library that the strategies load; "none" if there is no such library.
std::string nccl_version() {
  void* const library = ::dlopen("libnccl.so.2", RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return "none";
  using GetVersion = int (*)(int*);
  const auto get_version = reinterpret_cast<GetVersion>(::dlsym(library, "ncclGetVersion"));
  int version = 0;
  const bool known = get_version != nullptr && get_version(&version) == 0;
  ::dlclose(library);
  return known ? fmt::format("{}.{}.{}", version / 10000, version % 10000 / 100, version % 100) : "unknown";
}

/// Tells these GPUs from others and does not reveal which they are: a hash (FNV-1a) of their UUIDs.
std::string gpu_ids(int devices) {
  std::uint64_t hash = 14695981039346656037U;
  for (int device = 0; device < devices; ++device) {
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, device), "ask for the GPU's properties");
    for (const char c : properties.uuid.bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return fmt::format("{:016x}", hash);
}

/// Whether NCCL may reduce in NVLink's switches, which changes what is fastest. The runtime has the same rule.
std::string multicast_text() {
  const char* const variable = std::getenv("NCCL_NVLS_ENABLE");
  return variable != nullptr && std::string_view(variable) == "0" ? "off" : "left to NCCL";
}

std::string mhz_text(cudaDeviceAttr clock, int device) {
  return fmt::format("{:.0f}", device_attribute(clock, device) / 1000.0);
}

}  // namespace

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
                    {"gpu_ids", gpu_ids(devices)},
                    {"sms", std::to_string(properties.multiProcessorCount)},
                    {"sm_clock_max_mhz", mhz_text(cudaDevAttrClockRate, device)},
                    {"memory_clock_max_mhz", mhz_text(cudaDevAttrMemoryClockRate, device)},
                    {"gpu_links", peer_access_text(devices)},
                    {"multicast", multicast_text()},
                    {"driver", driver_version()},
                    {"cuda", version_text(runtime)},
                    {"nccl", nccl_version()}}};
}

}  // namespace arbiter::cuda
