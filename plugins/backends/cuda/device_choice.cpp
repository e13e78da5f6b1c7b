#include "device_choice.hpp"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "cuda_check.hpp"

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
    return Support::no(fmt::format(
        "{} ranks on this host, but only {} CUDA {} visible; ARBITER_SHARE_GPUS=1 lets several ranks use one",
        local_ranks, devices, devices == 1 ? "device is" : "devices are"));
  }
  return Support::yes();
}

int DeviceChoice::ranks_per_device(int ranks) const { return devices < 1 ? 1 : (std::max(ranks, 1) - 1) / devices + 1; }

DeviceChoice choose_device() {
  DeviceChoice choice;
  const auto code = cudaGetDeviceCount(&choice.devices);
  if (code != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
    choice.devices = 0;
    choice.failure = words_of(code);
  }
  choice.local_rank = first_number_of({"OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID", "MPI_LOCALRANKID"}, 0);
  choice.local_ranks =
      std::max(choice.local_rank + 1, first_number_of({"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"}, 1));
  choice.may_share = is_on("ARBITER_SHARE_GPUS");
  return choice;
}

}  // namespace arbiter::cuda
