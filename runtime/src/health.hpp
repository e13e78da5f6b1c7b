// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "arbiter/cuda/spin_bound.hpp"
#include "arbiter/runtime.h"
#include "descriptor_exchange.hpp"
#include "rank_group.hpp"

namespace arbiter::runtime {

/// Whether the ranks of a communicator are all alive and none of their kernels has given up: a record for each rank in
/// host memory that all ranks' processes and devices share. A kernel that gives up writes all of them. A thread watches
/// the other ranks' processes; when one ends, it writes all of them too, so that the kernels that wait for it give up.
class Health {
 public:
  static constexpr int most_ranks = 8;

  /// Collective, with the device's context current. Throws CallError on every rank. `timeout_ms`: 0 for none.
  Health(RankGroup& group, std::uint64_t timeout_ms);
  /// Tells the other ranks that this one goes.
  ~Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  /// What the kernels of this rank wait by.
  [[nodiscard]] const cuda::SpinBound& bound() const { return bound_; }
  /// ARBITER_OK, PEER_LOST or TIMEOUT. A load from host memory; any thread.
  [[nodiscard]] arbiter_status status() const;
  /// What happened, in words.
  [[nodiscard]] std::string text() const;

 private:
  struct Shared;

  void map(int descriptor);
  void watch();
  void lose(int peer);

  int rank_;
  int ranks_;
  cuda::SpinBound bound_{};
  Shared* shared_ = nullptr;
  cuda::Descriptor alive_;                 ///< the writing end of this rank's pipe: closed when the process ends
  std::vector<cuda::Descriptor> watched_;  ///< the reading ends of the others', by rank
  cuda::Descriptor stop_;
  std::thread watcher_;
};

}  // namespace arbiter::runtime
