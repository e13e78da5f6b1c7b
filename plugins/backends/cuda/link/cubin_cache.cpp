// SPDX-License-Identifier: Apache-2.0
#include "link/cubin_cache.hpp"

#include <exception>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "link/cache_entry.hpp"

namespace arbiter::cuda {

namespace {

/// To be raised when the same inputs may give other results.
constexpr int format_version = 1;

/// All inputs of a link, as text.
std::string key_of(std::span<const DeviceCode> parts, const std::string& entry, int sm_version,
                   const std::string& arch_suffix) {
  std::string key = fmt::format("format {}\nnvJitLink {}\nentry {}\noptions {}\n", format_version, linker_version(),
                                entry, fmt::join(link_options(entry, sm_version, arch_suffix), " "));
  for (const DeviceCode& part : parts) {
    key += fmt::format("part {} bytes {}\n", part.fatbin.size(), to_string(hash_of(part.fatbin)));
  }
  return key;
}

}  // namespace

CubinCache::CubinCache(const std::filesystem::path& folder, Warn warn) : warn_(std::move(warn)) {
  if (folder.empty()) return;
  try {
    folder_ = std::make_unique<CacheFolder>(folder);
  } catch (const std::exception& error) {
    warn_once(error.what());
  }
}

void CubinCache::warn_once(const std::string& why) {
  if (const Warn warn = std::exchange(warn_, {})) {
    warn("linked kernels are not cached, so the next run links them again: " + why);
  }
}

LinkedCode CubinCache::link(std::span<const DeviceCode> parts, const std::string& entry, int sm_version,
                            const std::string& arch_suffix) {
  const std::string key = folder_ ? key_of(parts, entry, sm_version, arch_suffix) : std::string();
  const std::string name = to_string(hash_of(key)) + ".linked";
  if (folder_) {
    if (const auto bytes = folder_->read(name)) {
      if (auto code = decode_entry(key, *bytes)) {
        ++found_;
        return *std::move(code);
      }
    }
  }
  LinkedCode code = link_device_code(parts, entry, sm_version, arch_suffix);
  ++linked_;
  if (folder_) {
    try {
      folder_->write(name, encode_entry(key, code));
    } catch (const std::exception& error) {
      warn_once(error.what());
    }
  }
  return code;
}

}  // namespace arbiter::cuda
