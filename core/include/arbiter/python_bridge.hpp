// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "arbiter/export.hpp"

// Between a strategy and the Python that its rank runs in. Neither links Python: a rank that needs an interpreter is
// that interpreter, which loads the rank's code as a library and hands over these functions (ctypes makes them). So any
// CPython from 3.9 serves, with its own packages.

extern "C" {

/// What Python calls back while it prepares or runs. All ranks call in the same order. Returns a PythonStatus; after
/// anything but done the text is in `error`.
struct ArbiterPythonGroup {
  void* context;
  std::int64_t rank;
  std::int64_t size;
  /// `out` has room for `size` blocks of `bytes`, in rank order.
  int (*all_gather)(void* context, const void* in, void* out, std::size_t bytes, char* error, std::size_t error_bytes);
};

/// The functions of one interpreter. They may be called from the thread that entered the library only. Each returns a
/// PythonStatus. Texts are UTF-8, end with a zero and are cut to the room they have.
struct ArbiterPythonBridge {
  std::uint32_t version;    ///< arbiter::python_bridge_version
  const char* interpreter;  ///< its path, as ARBITER_PYTHON has it
  /// One request and its reply, both JSON. Requests, by "call":
  ///   create    {adapter, options}    {adapter: number, accumulation, versions: {package: version}}
  ///   supports  {adapter, problem}    {reason: text}, empty if it does
  ///   fuses     {adapter, fusion}     {fuses: true or false}
  ///   release   {operation}           {}
  /// `reply` gets the reply, or for `failed` the exception with its traceback.
  int (*call)(const char* request, char* reply, std::size_t reply_bytes);
  /// Collective. `request` is {adapter, problem, device, tensors: [{name, dtype, units, role}]}, the reply {operation:
  /// number}. `group` lives as long as the operation.
  int (*prepare)(const char* request, const ArbiterPythonGroup* group, char* reply, std::size_t reply_bytes);
  /// Collective. Runs the operation once on these addresses: on the stream (a cudaStream_t), or on the host.
  int (*run)(std::int64_t operation, const void* input, void* const* tensors, void* stream, char* error,
             std::size_t error_bytes);
};

/// Called by the interpreter before it enters a rank; null takes it back. `bridge` must outlive the rank.
ARBITER_EXPORT void arbiter_set_python_bridge(const ArbiterPythonBridge* bridge);

}  // extern "C"

namespace arbiter {

inline constexpr std::uint32_t python_bridge_version = 1;

/// What the functions of the bridge return.
enum class PythonStatus : int { done = 0, failed = 1, timed_out = 2 };

/// The bridge of the Python that this process runs in; null if it runs in none.
[[nodiscard]] ARBITER_EXPORT const ArbiterPythonBridge* python_bridge();

}  // namespace arbiter
