// SPDX-License-Identifier: Apache-2.0
#include "comm/mpi_obstacle.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace arbiter {

namespace {

/// As Open MPI chooses it.
std::string temporary_folder() {
  for (const char* name : {"TMPDIR", "TEMP", "TMP"}) {
    const char* folder = std::getenv(name);
    if (folder != nullptr && *folder != '\0') return folder;
  }
  return "/tmp";
}

/// What is wrong with a folder; empty if nothing is.
std::string fault_of(const std::string& folder) {
  constexpr unsigned long needed_bytes = 1UL << 20U;
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return "cannot be written to: " + std::generic_category().message(errno);
  }
  struct statvfs found {};
  if (::statvfs(folder.c_str(), &found) != 0) return {};
  if (found.f_bavail * found.f_frsize < needed_bytes) return "is full";
  return found.f_files > 0 && found.f_favail == 0 ? "has no room for another file" : "";
}

bool any_interface_is_up() {
  ifaddrs* interfaces = nullptr;
  if (::getifaddrs(&interfaces) != 0) return true;  // not known
  bool any = false;
  for (const auto* at = interfaces; at != nullptr; at = at->ifa_next) any = any || (at->ifa_flags & IFF_UP) != 0;
  ::freeifaddrs(interfaces);
  return any;
}

}  // namespace

std::string mpi_obstacle() {
  const auto folder = temporary_folder();
  if (const auto fault = fault_of(folder); !fault.empty()) {
    return fmt::format("the temporary folder {} {}; TMPDIR names another", folder, fault);
  }
  if (const auto fault = fault_of("/dev/shm"); !fault.empty()) {
    return fmt::format("/dev/shm, where ranks share memory, {} (containers: --shm-size)", fault);
  }
  if (!any_interface_is_up()) {
    return "no network interface is up, and MPI needs one; the loopback is enough (ip link set lo up)";
  }
  return {};
}

}  // namespace arbiter
