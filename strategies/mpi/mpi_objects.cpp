// SPDX-License-Identifier: Apache-2.0
#include "mpi_objects.hpp"

#include <array>
#include <string>

#include "arbiter/host/row_kernels.hpp"

namespace arbiter::mpi {

namespace {

constexpr int ring = 4;  // in Open MPI's list of allreduce algorithms

/// Open MPI's control variables are accessible while this exists.
class ToolInterface {
 public:
  ToolInterface() {
    int provided = 0;
    check(MPI_T_init_thread(MPI_THREAD_SINGLE, &provided), "MPI_T_init_thread");
  }
  ~ToolInterface() { MPI_T_finalize(); }
  ToolInterface(const ToolInterface&) = delete;
  ToolInterface& operator=(const ToolInterface&) = delete;
};

/// A control variable of type int or bool; MPI may have none of that name.
class ControlVariable {
 public:
  explicit ControlVariable(const char* name) {
    int index = 0;
    if (MPI_T_cvar_get_index(name, &index) != MPI_SUCCESS) return;
    int count = 0;
    present_ = MPI_T_cvar_handle_alloc(index, nullptr, &handle_, &count) == MPI_SUCCESS && count == 1;
  }
  ~ControlVariable() {
    if (handle_ != MPI_T_CVAR_HANDLE_NULL) MPI_T_cvar_handle_free(&handle_);
  }
  ControlVariable(const ControlVariable&) = delete;
  ControlVariable& operator=(const ControlVariable&) = delete;

  [[nodiscard]] bool read(int& value) const {
    value = 0;
    return present_ && MPI_T_cvar_read(handle_, &value) == MPI_SUCCESS;
  }
  [[nodiscard]] bool write(int value) const { return present_ && MPI_T_cvar_write(handle_, &value) == MPI_SUCCESS; }

 private:
  MPI_T_cvar_handle handle_ = MPI_T_CVAR_HANDLE_NULL;
  bool present_ = false;
};

/// Restores a control variable.
struct Restore {
  const ControlVariable& variable;
  int value;
  bool changed;

  ~Restore() {
    if (changed) static_cast<void>(variable.write(value));
  }
};

/// Collective. Throws Error on every rank if one has an obstacle; only that rank knows which.
void agree(MPI_Comm communicator, const std::string& obstacle) {
  int obstacles = obstacle.empty() ? 0 : 1;
  check(MPI_Allreduce(MPI_IN_PLACE, &obstacles, 1, MPI_INT, MPI_MAX, communicator), "MPI_Allreduce");
  if (obstacles == 0) return;
  throw Error("MPI: algorithm: ring is not possible here: " +
              (obstacle.empty() ? std::string("another rank cannot choose it") : obstacle));
}

}  // namespace

SharedCommunicator duplicate(MPI_Comm communicator) {
  MPI_Comm copy = MPI_COMM_NULL;
  check(MPI_Comm_dup(communicator, &copy), "MPI_Comm_dup");
  SharedCommunicator shared(new MPI_Comm(copy), [](MPI_Comm* owned) {
    if (running()) MPI_Comm_free(owned);
    delete owned;
  });
  check(MPI_Comm_set_errhandler(copy, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  return shared;
}

SharedCommunicator duplicate_with_ring(MPI_Comm communicator) {
  const ToolInterface tools;
  const ControlVariable rules("coll_tuned_use_dynamic_rules");
  const ControlVariable algorithm("coll_tuned_allreduce_algorithm");
  int dynamic = 0;
  int before = 0;
  std::string obstacle;
  if (!rules.read(dynamic) || !algorithm.read(before)) {
    obstacle = "this MPI has no control variable coll_tuned_allreduce_algorithm; Open MPI 4 has";
  } else if (dynamic == 0) {
    obstacle = "start with OMPI_MCA_coll_tuned_use_dynamic_rules=1 in the environment";
  } else if (!algorithm.write(ring)) {
    obstacle = "the control variable coll_tuned_allreduce_algorithm cannot be written";
  }
  // A communicator keeps the algorithm that is set when it is made.
  const Restore restore{algorithm, before, obstacle.empty()};
  agree(communicator, obstacle);
  return duplicate(communicator);
}

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
