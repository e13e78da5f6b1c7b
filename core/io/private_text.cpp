// SPDX-License-Identifier: Apache-2.0
#include "io/private_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include <pwd.h>
#include <unistd.h>

namespace arbiter {

namespace {

bool is_in(std::string_view characters, char c) { return characters.find(c) != std::string_view::npos; }

/// Whether a path can start after this character.
bool may_precede_path(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0 || is_in("\"'=:,;[]{}()<>|", c);
}

bool ends_path(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0 || is_in("\"',;:[]{}()<>|#", c); }

bool starts_path(std::string_view text, std::size_t at) {
  if (at > 0 && !may_precede_path(text[at - 1])) return false;
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("~/")) return true;
  // "https://" is no path.
  return rest.size() > 1 && rest[0] == '/' && rest[1] != '/' && !ends_path(rest[1]);
}

std::string without_paths(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    if (!starts_path(text, at)) {
      result += text[at++];
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && !ends_path(text[end])) ++end;
    std::string_view path = text.substr(at, end - at);
    while (path.ends_with('/')) path.remove_suffix(1);
    result += path.substr(path.find_last_of('/') + 1);
    at = end;
  }
  return result;
}

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || is_in("_-", c); }

/// Replaces a name where it is a whole word.
void replace_word(std::string& text, const std::string& name, std::string_view replacement) {
  if (name.empty()) return;
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
    const std::size_t end = at + name.size();
    const bool whole =
        (at == 0 || !is_name_character(text[at - 1])) && (end == text.size() || !is_name_character(text[end]));
    if (whole) text.replace(at, name.size(), replacement);
    at += whole ? replacement.size() : 1;
  }
}

bool holds_path(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (starts_path(text, at)) return true;
  }
  return false;
}

constexpr std::array prefixes = {"NCCL_", "CUDA_", "OMPI_MCA_", "UCX_", "ARBITER_"};
/// Set by mpirun and by Arbiter's launcher for their ranks: other in each run, and no setting of the user.
constexpr std::array internals = {"OMPI_MCA_orte",          "OMPI_MCA_ess",       "OMPI_MCA_pmix",
                                  "OMPI_MCA_plm",           "OMPI_MCA_prte",      "OMPI_MCA_initial_wdir",
                                  "OMPI_MCA_shmem_RUNTIME", "ARBITER_CHECKPOINT", "ARBITER_RANK_STATUS",
                                  "ARBITER_TERMINAL",       "ARBITER_PART",       "ARBITER_PYTHON",
                                  "ARBITER_REFUSED_PLUGINS"};

}  // namespace

PrivateNames private_names() {
  PrivateNames names;
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) {
    const std::string name = host.data();
    names.hosts.push_back(name);
    if (const auto dot = name.find('.'); dot != std::string::npos) names.hosts.push_back(name.substr(0, dot));
  }
  for (const char* variable : {"HOSTNAME", "HOST"}) {
    if (const char* name = std::getenv(variable)) names.hosts.emplace_back(name);
  }
  for (const char* variable : {"USER", "LOGNAME"}) {
    if (const char* name = std::getenv(variable)) names.users.emplace_back(name);
  }
  if (const passwd* entry = ::getpwuid(::geteuid())) names.users.emplace_back(entry->pw_name);
  return names;
}

std::string without_private_parts(std::string_view text, const PrivateNames& names) {
  std::string result = without_paths(text);
  for (const auto& host : names.hosts) replace_word(result, host, "(host)");
  for (const auto& user : names.users) replace_word(result, user, "(user)");
  return result;
}

std::map<std::string, std::string> timing_environment(const char* const* environment, const PrivateNames& names) {
  std::map<std::string, std::string> result;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const auto begins = [&](const char* prefix) { return entry.starts_with(prefix); };
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    if (std::ranges::none_of(prefixes, begins) || std::ranges::any_of(internals, begins)) continue;
    const std::string_view value = entry.substr(equals + 1);
    std::string& shown = result[std::string(entry.substr(0, equals))];
    if (value.find("://") != std::string_view::npos) {
      shown = "(an address)";
    } else {
      shown = holds_path(value) ? "(a path)" : without_private_parts(value, names);
    }
  }
  return result;
}

}  // namespace arbiter
