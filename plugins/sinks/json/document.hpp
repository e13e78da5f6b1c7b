#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "arbiter/sink.hpp"
#include "json/never_measured.hpp"

namespace arbiter {

/// All of decision.json, whose keys json.cpp tells.
[[nodiscard]] nlohmann::ordered_json decision_document(const Report& report, const std::vector<NeverMeasured>& missing);

}  // namespace arbiter
