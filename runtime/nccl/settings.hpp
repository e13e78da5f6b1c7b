// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace arbiter::nccl {

/// What the environment says, read once.
struct Settings {
  bool disabled = false;        ///< ARBITER_DISABLE: everything goes to NCCL
  bool info = false;            ///< ARBITER_DEBUG=INFO: says what was taken, and why not
  std::string nccl_library;     ///< ARBITER_NCCL_LIBRARY: the real NCCL; empty: the one that is loaded, or else found
  std::string runtime_library;  ///< ARBITER_RUNTIME_LIBRARY; empty: beside the drop-in
  std::size_t reserve_bytes = std::size_t{64} << 20U;  ///< ARBITER_RESERVE_BYTES
  int concurrent_communicators = 0;                    ///< ARBITER_CONCURRENT_COMMUNICATORS; 0: the runtime's default
};
[[nodiscard]] const Settings& settings();

/// A line on standard error: what the user must know.
void warn(std::string_view text);
/// The same where ARBITER_DEBUG=INFO asks for it.
void info(std::string_view text);
/// The same once for each text of the process, and for a bounded number of them.
void warn_once(const std::string& text);
void info_once(const std::string& text);

}  // namespace arbiter::nccl
