// SPDX-License-Identifier: Apache-2.0
#include "comm/mpi_group.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include <unistd.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

void check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw Error(std::string(call) + ": " + std::string(text.data(), static_cast<std::size_t>(length)));
}

constexpr std::size_t largest_message = std::size_t{1} << 30U;

}  // namespace

MpiGroup::MpiGroup(MPI_Comm communicator) : process_(::getpid()) {
  check(MPI_Comm_dup(communicator, &communicator_), "MPI_Comm_dup");
  check(MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  MPI_Comm_rank(communicator_, &rank_);
  MPI_Comm_size(communicator_, &size_);
  MPI_Comm host = MPI_COMM_NULL;
  check(MPI_Comm_split_type(communicator_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &host), "MPI_Comm_split_type");
  int host_size = 0;
  MPI_Comm_size(host, &host_size);
  MPI_Comm_free(&host);
  single_host_ = all(host_size == size_);
}

MpiGroup::~MpiGroup() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (finalized == 0 && communicator_ != MPI_COMM_NULL) MPI_Comm_free(&communicator_);
}

void MpiGroup::end_if_forked() const {
  if (::getpid() == process_) return;
  constexpr std::string_view text =
      "error: a plugin forked, and the child came back as if it were the rank; the child is ended\n";
  static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
  ::_exit(EXIT_FAILURE);
}

void MpiGroup::barrier() {
  end_if_forked();
  check(MPI_Barrier(communicator_), "MPI_Barrier");
}

void MpiGroup::broadcast(void* data, std::size_t bytes, int root) {
  end_if_forked();
  auto* at = static_cast<std::byte*>(data);
  while (bytes > 0) {
    const std::size_t part = std::min(bytes, largest_message);
    check(MPI_Bcast(at, static_cast<int>(part), MPI_BYTE, root, communicator_), "MPI_Bcast");
    at += part;
    bytes -= part;
  }
}

void MpiGroup::all_gather(const void* in, void* out, std::size_t bytes) {
  end_if_forked();
  if (bytes > largest_message) throw Error("all_gather: a block is larger than 1 GiB");
  const int count = static_cast<int>(bytes);
  check(MPI_Allgather(in, count, MPI_BYTE, out, count, MPI_BYTE, communicator_), "MPI_Allgather");
}

void MpiGroup::max(std::span<double> values) {
  end_if_forked();
  check(MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_DOUBLE, MPI_MAX, communicator_),
        "MPI_Allreduce");
}

}  // namespace arbiter
