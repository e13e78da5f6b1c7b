// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/parameters.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"
#include "arbiter/strategy.hpp"
#include "cuda_common/tile_plan.hpp"

namespace arbiter::cuda {

/// The parameters of a strategy whose kernels work on tiles.
inline constexpr ParameterSpec tile_parameters[] = {
    {"programmatic", ParameterType::boolean, "true", "",
     "Programmatic dependent launch: the kernel starts while the preceding one ends (sm_90 and later)"},
    {"trigger", ParameterType::text, "early", "early|late|none",
     "When the next kernel may start, if its launch is programmatic: early, before outputs are written, so it must "
     "wait (griddepcontrol.wait) before it reads them; late, when they are; none, when this kernel has ended"},
    {"target_blocks", ParameterType::integer, "128", "1..1024",
     "Blocks that a small message is spread over, where rows may be cut"},
    {"flat_block", ParameterType::integer, "512", "32|64|128|256|512", "The most threads of such a block"},
    {"exclusive_sm", ParameterType::text, "auto", "auto|yes|no", "Whether a multiprocessor runs only one block"},
    {"blocks_per_row", ParameterType::text, "auto", "auto|1|2|4",
     "The most blocks that share a row which must not be cut (sm_90 and later)"},
    {"batch_invariant", ParameterType::boolean, "true", "",
     "A row has the same bits whatever num_tokens is: the number of blocks that share it depends on its width alone"},
};

/// Collective. The traits that the devices of all ranks have, so that all make the same plan.
[[nodiscard]] DeviceTraits common_traits(const DeviceTraits& own, ProcessGroup& group);

/// Their values.
class TileOptions {
 public:
  /// `polls_together`: TileParameters::polls_together.
  TileOptions(const Parameters& values, bool polls_together);

  /// Collective. The complete plan, the same on every rank.
  [[nodiscard]] TilePlan plan(const Problem& problem, const Fusion& fusion, const CudaBackend& backend,
                              ProcessGroup& group) const;

 private:
  TileParameters parameters_;
};

/// What the kernels need of a problem: 2, 3, 4, 6 or 8 ranks on one host, a message of a message dtype that is not
/// empty and has less than 2^31 vectors, and with a fusion a row that fits a block. Not collective, the same on every
/// rank.
[[nodiscard]] Support supports_peer_kernels(const Problem& problem, const ProcessGroup& group);

}  // namespace arbiter::cuda
