// SPDX-License-Identifier: Apache-2.0
#include "comm/world.hpp"

#include <chrono>
#include <exception>
#include <thread>

#include <mpi.h>

#include "comm/mpi_group.hpp"
#include "comm/rank_environment.hpp"

namespace arbiter {

World::World() {
  // The launcher set whether ranks share cores; a rank that is bound to one core cannot know.
  prepare_mpi_environment(1);
  MPI_Init(nullptr, nullptr);
  all_ = std::make_unique<MpiGroup>(MPI_COMM_WORLD);
}

World::~World() {
  all_.reset();
  // During an exception the other ranks may never call MPI_Finalize, which would wait for them.
  if (std::uncaught_exceptions() == 0) MPI_Finalize();
}

std::unique_ptr<ProcessGroup> World::first(int size) {
  MPI_Comm part = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, all_->rank() < size ? 0 : MPI_UNDEFINED, all_->rank(), &part);
  if (part == MPI_COMM_NULL) return nullptr;
  auto group = std::make_unique<MpiGroup>(part);
  MPI_Comm_free(&part);
  return group;
}

void World::wait_quietly() {
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Ibarrier(MPI_COMM_WORLD, &request);
  for (int done = 0;;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done != 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void World::abort(int exit_code) {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::abort();
}

}  // namespace arbiter
