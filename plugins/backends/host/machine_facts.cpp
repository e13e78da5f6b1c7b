#include "machine_facts.hpp"

#include <array>
#include <fstream>
#include <string>

#include <mpi.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "arbiter/host/row_kernels.hpp"

namespace arbiter::host {

namespace {

std::string cpu_model(const std::string& architecture) {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const std::size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return architecture;
}

/// "Open MPI v4.1.4" of what the library says at length.
std::string mpi_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  if (MPI_Get_library_version(text.data(), &length) != MPI_SUCCESS) return "unknown";
  const std::string version(text.data());
  return version.substr(0, version.find_first_of(",\n"));
}

}  // namespace

Machine machine_facts() {
  utsname system{};
  uname(&system);
  return {.platform = "cpu",
          .facts = {{"cpu", cpu_model(system.machine)},
                    {"cores", std::to_string(sysconf(_SC_NPROCESSORS_ONLN))},
                    {"isa", std::string(name_of(isa()))},
                    {"mpi", mpi_version()},
                    {"kernel", std::string(system.sysname) + " " + system.release}}};
}

}  // namespace arbiter::host
