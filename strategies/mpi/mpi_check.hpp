#pragma once

#include <array>
#include <string>

#include <fmt/format.h>
#include <mpi.h>

#include "arbiter/error.hpp"

namespace arbiter::mpi {

/// Throws Error with MPI's text unless `code` is success.
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

}  // namespace arbiter::mpi
