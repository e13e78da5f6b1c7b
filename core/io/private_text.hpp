// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace arbiter {

/// Who a text must not name.
struct PrivateNames {
  std::vector<std::string> hosts;  ///< "node7.example.org" and "node7"
  std::vector<std::string> users;
};

/// This host and the user of this process.
[[nodiscard]] PrivateNames private_names();

/// The text without what says where and by whom it was written: an absolute path, and one below ~, becomes its last
/// part; a name of a host "(host)" and of a user "(user)".
[[nodiscard]] std::string without_private_parts(std::string_view text, const PrivateNames& names);

/// The variables that change times: NCCL_*, CUDA_*, OMPI_MCA_*, UCX_* and ARBITER_*. Those by which mpirun and the
/// launcher talk to their ranks are left out. A value that holds a path is "(a path)", one that holds an address "(an
/// address)". `environment` ends with a null, as environ does.
[[nodiscard]] std::map<std::string, std::string> timing_environment(const char* const* environment,
                                                                    const PrivateNames& names);

}  // namespace arbiter
