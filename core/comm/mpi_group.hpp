// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mpi.h>
#include <sys/types.h>

#include "arbiter/process_group.hpp"

namespace arbiter {

/// A process group on a duplicate of an MPI communicator. MPI errors throw Error with MPI's text.
class MpiGroup : public ProcessGroup {
 public:
  explicit MpiGroup(MPI_Comm communicator);
  ~MpiGroup() override;

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] bool single_host() const override { return single_host_; }
  void barrier() override;
  void broadcast(void* data, std::size_t bytes, int root) override;
  void all_gather(const void* in, void* out, std::size_t bytes) override;
  void max(std::span<double> values) override;
  [[nodiscard]] void* mpi_comm() override { return &communicator_; }

  using ProcessGroup::all_gather;
  using ProcessGroup::broadcast;
  using ProcessGroup::max;

 private:
  /// Ends the process if it is a child of the one that made the group: code of a plugin forked, and the child came back
  /// as if it were the rank.
  void end_if_forked() const;

  MPI_Comm communicator_ = MPI_COMM_NULL;
  pid_t process_;
  int rank_ = 0;
  int size_ = 1;
  bool single_host_ = true;
};

}  // namespace arbiter
