// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"
#include "arbiter/parameters.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/tensor.hpp"

/// Defines the two symbols of a plugin: its descriptor, and a factory that makes a `Class` from checked parameters.
/// `Class` has a constructor `explicit Class(const arbiter::Parameters&)`. Use it once per shared object, outside of
/// any namespace:
///
///     constexpr arbiter::ParameterSpec parameters[] = {
///         {"chunk_kib", arbiter::ParameterType::integer, "64", "1..4096", "KiB that are sent at a time"}};
///     ARBITER_PLUGIN(Ring, {.kind = arbiter::PluginKind::strategy, .name = "RING", ...})
#define ARBITER_PLUGIN(Class, ...)                                                                    \
  extern "C" ARBITER_EXPORT const ::arbiter::PluginDescriptor arbiter_plugin_descriptor;              \
  extern "C" const ::arbiter::PluginDescriptor arbiter_plugin_descriptor = __VA_ARGS__;               \
  extern "C" ARBITER_EXPORT ::arbiter::Plugin* arbiter_plugin_create(const ::arbiter::Parameters* p); \
  extern "C" ::arbiter::Plugin* arbiter_plugin_create(const ::arbiter::Parameters* p) { return new Class(*p); }

namespace arbiter {

/// Base of the classes plugins define: Strategy, Fusion, Heuristic, Sink, Backend. Objects are destroyed before their
/// library is unloaded. Public calls are not virtual where they check; plugins override the protected do_* hook.
class ARBITER_EXPORT Plugin {
 public:
  Plugin() = default;
  virtual ~Plugin();
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
};

enum class PluginKind : std::uint32_t { backend, strategy, fusion, heuristic, sink };

/// "backend", "strategy", "fusion", "heuristic", "sink".
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(PluginKind kind);

/// Raised whenever a class or structure that a plugin sees changes its layout or its virtual functions.
inline constexpr std::uint32_t plugin_abi_version = 7;

/// What decides whether the objects of a plugin and of the runner have the same layout: the compiler's ABI and the
/// sizes of the structures that cross. The compiler fills it in. The loader refuses a plugin whose stamp differs from
/// the runner's, and says where.
struct BuildStamp {
  std::uint32_t compiler_abi = __GXX_ABI_VERSION;
  std::uint32_t new_string_abi = _GLIBCXX_USE_CXX11_ABI;  ///< libstdc++'s std::string and std::list: 1 new, 0 old
  std::uint32_t parameters = sizeof(Parameters);          ///< sizes in bytes
  std::uint32_t problem = sizeof(Problem);
  std::uint32_t measurement = sizeof(Measurement);
  std::uint32_t tensor_spec = sizeof(TensorSpec);
  std::uint32_t support = sizeof(Support);

  friend bool operator==(const BuildStamp&, const BuildStamp&) = default;
};

/// What a plugin says about itself. Plain data: the loader reads it, and refuses another `abi_version` or `build`,
/// before it calls anything in the plugin. `abi_version` is the first member in every version, `build` the second since
/// version 3; leave both at their defaults.
struct PluginDescriptor {
  std::uint32_t abi_version = plugin_abi_version;
  BuildStamp build{};
  PluginKind kind{};
  const char* name = "";     ///< the name in the YAML; unique per kind, for strategies per kind and backend
  const char* version = "";  ///< of the plugin, for people
  const char* summary = "";  ///< one line
  const char* backend = "";  ///< strategies only: "host" or "cuda"
  int table_id = -1;         ///< strategies only: the id in look-up tables; third parties use 100 and up
  const ParameterSpec* parameters = nullptr;
  std::size_t parameter_count = 0;
};

}  // namespace arbiter
