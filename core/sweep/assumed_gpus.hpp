// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "arbiter/backend.hpp"

namespace arbiter {

/// GPUs that a plan assumes this host to have.
struct AssumedGpus {
  int sm_version = 0;  ///< 90 for sm_90
  int count = 0;
  std::int64_t bytes = 0;  ///< of memory, each
};

/// Reads "sm90x4", or a model, "h200x8". An SM version has the memory of its smallest model. Throws ConfigError: what
/// was found, what is allowed.
[[nodiscard]] AssumedGpus parse_assumed_gpus(const std::string& text);

/// "4 GPUs of sm90 with 80 GiB".
[[nodiscard]] std::string to_string(const AssumedGpus& gpus);

/// A backend that answers what a plan asks as if the host had these GPUs, without a driver: `real` says which fusions
/// it supports. What would use a GPU throws Error.
[[nodiscard]] std::shared_ptr<Backend> assume_gpus(std::shared_ptr<Backend> real, const AssumedGpus& gpus);

}  // namespace arbiter
