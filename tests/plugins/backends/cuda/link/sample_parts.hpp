// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "arbiter/cuda/device_code.hpp"
#include "device_code/epilogue.hpp"
#include "device_code/strategy.hpp"

namespace arbiter::cuda {

inline std::array<DeviceCode, 2> sample_parts() {
  return {strategy_code(DType::bfloat16), epilogue_code(DType::bfloat16)};
}

inline std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

}  // namespace arbiter::cuda
