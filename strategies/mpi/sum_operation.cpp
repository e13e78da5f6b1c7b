#include "sum_operation.hpp"

#include "arbiter/host/row_kernels.hpp"
#include "mpi_check.hpp"

namespace arbiter::mpi {

namespace {

template <DType dtype>
void add(void* from, void* into, int* count, MPI_Datatype* /*datatype*/) {
  static const RowKernels& kernels = row_kernels(dtype);
  kernels.accumulate(from, into, *count);
}

MPI_User_function* function_of(DType dtype) {
  return dtype == DType::bfloat16 ? add<DType::bfloat16> : add<DType::float16>;
}

}  // namespace

SumOperation::SumOperation(DType dtype) : op_(MPI_SUM), datatype_(dtype == DType::float32 ? MPI_FLOAT : MPI_UINT16_T) {
  constexpr int commutes = 1;
  if (dtype != DType::float32) check(MPI_Op_create(function_of(dtype), commutes, &op_), "MPI_Op_create");
}

SumOperation::~SumOperation() {
  if (op_ != MPI_SUM && running()) MPI_Op_free(&op_);
}

}  // namespace arbiter::mpi
