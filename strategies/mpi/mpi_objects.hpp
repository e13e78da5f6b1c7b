// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <mpi.h>

#include "arbiter/error.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter::mpi {

/// Throws Error with MPI's message unless `code` is MPI_SUCCESS.
inline void check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw Error(fmt::format("{}: {}", call, std::string(text.data(), static_cast<std::size_t>(length))));
}

/// MPI objects may be freed only while MPI runs.
inline bool running() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  return finalized == 0;
}

/// A duplicate of a communicator, freed with its last owner.
using SharedCommunicator = std::shared_ptr<MPI_Comm>;

/// Collective. The duplicate uses the algorithms that MPI chooses.
[[nodiscard]] SharedCommunicator duplicate(MPI_Comm communicator);

/// Collective. Allreduce on the duplicate uses Open MPI's ring for every message. Throws Error on every rank if one
/// cannot choose it: another MPI, or one started without coll_tuned_use_dynamic_rules.
[[nodiscard]] SharedCommunicator duplicate_with_ring(MPI_Comm communicator);

/// The sum of a message dtype: MPI_SUM for float32; for the 16-bit dtypes, which MPI does not have, a user-defined
/// operation on 16-bit words with the vectorised row kernels.
class SumOperation {
 public:
  explicit SumOperation(DType dtype);
  ~SumOperation();
  SumOperation(const SumOperation&) = delete;
  SumOperation& operator=(const SumOperation&) = delete;

  [[nodiscard]] MPI_Op op() const { return op_; }
  [[nodiscard]] MPI_Datatype datatype() const { return datatype_; }

 private:
  MPI_Op op_;
  MPI_Datatype datatype_;
};

}  // namespace arbiter::mpi
