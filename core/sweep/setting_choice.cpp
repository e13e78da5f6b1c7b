// SPDX-License-Identifier: Apache-2.0
#include "sweep/setting_choice.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

namespace arbiter {

namespace {

bool differ_in_hosts_only(const Setting& one, Setting other) {
  other.hosts = one.hosts;
  return one == other;
}

}  // namespace

std::vector<Context> deciding_contexts(const MeasurementConfig& config, bool measures) {
  if (measures || config.contexts_given) return config.contexts;
  return {Context::engine, Context::isolated, Context::back_to_back, Context::engine_early};
}

Setting choose_setting(const Dataset& rows, const std::vector<Context>& contexts, bool graph) {
  const auto present = rows.settings();
  if (present.empty()) {
    return {.backend = "", .graph = graph, .context = contexts.empty() ? Context::back_to_back : contexts.front()};
  }
  // The least is chosen. A file that does not name its backend comes after one that does.
  const auto rank = [&](const Setting& setting) {
    const auto context = std::ranges::find(contexts, setting.context) - contexts.begin();
    return std::tuple(setting.op != "allreduce", context, setting.graph != graph, setting.backend.empty());
  };
  Setting chosen = *std::ranges::min_element(present, {}, rank);
  const Dataset own = rows_of(rows, chosen);
  for (const Measurement& row : own.rows()) chosen.hosts = std::max(chosen.hosts, row.setting.hosts);
  return chosen;
}

Dataset rows_of(const Dataset& rows, const Setting& setting) {
  std::map<int, int> fewest;  // hosts, by tp size
  for (const Measurement& row : rows.rows()) {
    if (!differ_in_hosts_only(row.setting, setting)) continue;
    int& hosts = fewest.try_emplace(row.problem.tp_size, row.setting.hosts).first->second;
    hosts = std::min(hosts, row.setting.hosts);
  }
  return rows.filtered([&](const Measurement& row) {
    return differ_in_hosts_only(row.setting, setting) && row.setting.hosts == fewest.at(row.problem.tp_size);
  });
}

std::string describe_choice(const Dataset& rows, const Setting& chosen) {
  std::string others;
  const Dataset own = rows_of(rows, chosen);
  const auto used = own.settings();
  for (const Setting& setting : rows.settings()) {
    if (std::ranges::find(used, setting) != used.end()) continue;
    others += (others.empty() ? "; in the data are also: " : "; ") + to_string(setting);
  }
  return fmt::format("decisions, tables and pictures are of {}{}", to_string(chosen), others);
}

}  // namespace arbiter
