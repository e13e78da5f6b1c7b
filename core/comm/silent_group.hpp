// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

#include "arbiter/process_group.hpp"

namespace arbiter {

/// Stands for a group in Strategy::supports(): every communication through it throws std::logic_error.
class SilentGroup : public ProcessGroup {
 public:
  SilentGroup(int rank, int size, bool single_host) : rank_(rank), size_(size), single_host_(single_host) {}
  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] bool single_host() const override { return single_host_; }
  void barrier() override { refuse(); }
  void broadcast(void*, std::size_t, int) override { refuse(); }
  void all_gather(const void*, void*, std::size_t) override { refuse(); }
  void max(std::span<double>) override { refuse(); }
  [[nodiscard]] void* mpi_comm() override { refuse(); }

 private:
  [[noreturn]] static void refuse() { throw std::logic_error("supports() must not communicate"); }
  int rank_;
  int size_;
  bool single_host_;
};

}  // namespace arbiter
