#pragma once

#include "arbiter/dataset.hpp"

namespace arbiter::cuda {

/// Platform "sm90", and gpu, gpus, gpu_links, driver, cuda as this process finds them. Throws Error.
[[nodiscard]] Machine machine_facts(int device);

/// How the GPUs this process sees reach each other: "all pairs, with native atomics (NVLink)", or which do not.
[[nodiscard]] std::string peer_access_text(int devices);

}  // namespace arbiter::cuda
