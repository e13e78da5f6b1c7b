#pragma once

#include <mpi.h>

#include "arbiter/tensor.hpp"

namespace arbiter::mpi {

/// How MPI adds a message dtype: its own sum for float32; for the 16-bit formats, which MPI does not know, an operation
/// of ours on 16-bit words, vectorised like everything else here.
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
