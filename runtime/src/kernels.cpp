// SPDX-License-Identifier: Apache-2.0
#include "kernels.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "code/device_code.hpp"
#include "driver.hpp"
#include "errors.hpp"

namespace arbiter::runtime {

namespace {

constexpr unsigned warp = 32;

int resident_blocks(CUfunction function, unsigned warps, unsigned cluster, unsigned shared_bytes,
                    const Device& device) {
  const Driver& cuda = driver();
  int number = 0;
  if (cluster == 1) {
    cuda.check(cuda.active_blocks(&number, function, static_cast<int>(warps * warp), shared_bytes),
               "ask how many blocks fit");
    return number * cuda.attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device.ordinal);
  }
  CUlaunchAttribute attribute{};
  attribute.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
  attribute.value.clusterDim = {cluster, 1, 1};
  CUlaunchConfig config{};
  config.gridDimX = cluster;
  config.gridDimY = config.gridDimZ = 1;
  config.blockDimX = warps * warp;
  config.blockDimY = config.blockDimZ = 1;
  config.sharedMemBytes = shared_bytes;
  config.attrs = &attribute;
  config.numAttrs = 1;
  cuda.check(cuda.active_clusters(&number, function, &config), "ask how many clusters fit");
  return number * static_cast<int>(cluster);
}

Kernel kernel_of(CUfunction function, unsigned cluster, const Device& device) {
  const Driver& cuda = driver();
  Kernel kernel;
  kernel.function = function;
  const unsigned half = device.shared_bytes_per_sm / 2;
  cuda.check(
      cuda.set_function_attribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, static_cast<int>(half)),
      "give a kernel half of a multiprocessor's shared memory");
  for (unsigned warps = 1; warps <= Kernel::most_warps; ++warps) {
    for (const bool exclusive : {false, true}) {
      kernel.resident.at(exclusive ? 1 : 0).at(warps) =
          resident_blocks(function, warps, cluster, exclusive ? half : 0, device);
    }
  }
  return kernel;
}

}  // namespace

Module::Module(const std::string& name) {
  const std::byte* const code = device_code(name);
  if (code == nullptr) throw CallError(ARBITER_INTERNAL_ERROR, fmt::format("there is no device code {}", name));
  driver().check(driver().module_load(&module_, code), "load the code of the kernels");
}

Module::~Module() { static_cast<void>(driver().module_unload(module_)); }

CUfunction Module::function(const std::string& name) const {
  const Driver& cuda = driver();
  CUfunction function = nullptr;
  const CUresult code = cuda.module_function(&function, module_, name.c_str());
  if (code != CUDA_SUCCESS) cuda.fail(code, fmt::format("find the kernel {}", name));
  int registers = 0;
  cuda.check(cuda.function_attribute(&registers, CU_FUNC_ATTRIBUTE_NUM_REGS, function), "load a kernel");
  return function;
}

KernelSet::KernelSet(const std::string& name, const std::string& strategy, bool rows, int ranks, const Device& device)
    : module_(name) {
  const auto load = [&](Place place, const char* plan, unsigned cluster) {
    kernels_.at(place) = kernel_of(module_.function(fmt::format("{}_{}_{}", strategy, plan, ranks)), cluster, device);
  };
  if (!rows) {
    load(flat, "flat", 1);
    load(flat_aligned, "flat_aligned", 1);
    return;
  }
  const int most = cuda::TilePlan::most_per_thread(ranks);
  load(rows1, "rows1_aligned", 1);
  if (most >= 2) load(rows2, "rows2_aligned", 1);
  if (most >= 3) load(rows3, "rows3_aligned", 1);
  if (most >= 4) load(rows4, "rows4_aligned", 1);
  if (device.sm_version < 90) return;
  load(pair, "pair_aligned", 2);
  load(quad, "quad_aligned", 4);
}

const Kernel* KernelSet::find(const cuda::TilePlan& plan, bool aligned) const {
  std::size_t place = aligned ? flat_aligned : flat;
  if (plan.whole_rows) {
    if (!aligned || plan.per_thread < 1) return nullptr;
    place = plan.blocks == 4 ? quad : plan.blocks == 2 ? pair : rows1 + static_cast<std::size_t>(plan.per_thread) - 1;
  }
  const Kernel& kernel = kernels_.at(place);
  return kernel.function == nullptr ? nullptr : &kernel;
}

bool fits_registers(std::int64_t vectors, int ranks, const cuda::TileParameters& parameters,
                    const cuda::DeviceTraits& traits) {
  int most = cuda::TilePlan::most_per_thread(ranks);
  if (traits.has_clusters) most = std::max(most, parameters.blocks_per_row == 0 ? 4 : parameters.blocks_per_row);
  return vectors <= std::int64_t{most} * cuda::TilePlan::largest_block;
}

}  // namespace arbiter::runtime
