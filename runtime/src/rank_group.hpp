// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "arbiter/process_group.hpp"
#include "arbiter/runtime.h"
#include "errors.hpp"

namespace arbiter::runtime {

/// The ranks of a communicator, over nothing but an all-gather of bytes. Throws CallError if the all-gather fails.
class RankGroup final : public ProcessGroup {
 public:
  /// Returns 0 if it worked.
  using Gather = std::function<int(const void* from, void* to, std::size_t bytes)>;

  RankGroup(int rank, int size, Gather gather) : rank_(rank), size_(size), gather_(std::move(gather)) {}

  /// Collective. Finds out whether all ranks are on one host.
  void meet();

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] bool single_host() const override { return single_host_; }
  void barrier() override;
  void broadcast(void* data, std::size_t bytes, int root) override;
  void all_gather(const void* in, void* out, std::size_t bytes) override;
  void max(std::span<double> values) override;
  [[nodiscard]] void* mpi_comm() override { return nullptr; }
  using ProcessGroup::all_gather;
  using ProcessGroup::broadcast;
  using ProcessGroup::max;

  /// Collective. Runs `step`, then throws CallError on every rank if it threw on any: the status and text of the first
  /// rank that failed.
  void agree(const std::function<void()>& step);

 private:
  int rank_;
  int size_;
  bool single_host_ = false;
  Gather gather_;
};

}  // namespace arbiter::runtime
