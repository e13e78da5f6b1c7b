// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "arbiter/decision_table.hpp"
#include "io/json_cursor.hpp"

namespace arbiter {

/// A DecisionTable in JSON:
///   {"look_up": "nearest", "fallback": "NCCL",
///    "grids": [{"tp_size": 2, "dtype": "bfloat16", "fusion": "NONE", "hidden_sizes": [...], "num_tokens": [...],
///               "strategies": ["ONESHOT", ...],
///               "cells": [[0, 1, null, ...], ...]}],       one row per hidden size; null: no answer
///    "steps": [{"tp_size": 2, "dtype": "bfloat16", "fusion": "NONE",
///               "steps": [[65536, "ONESHOT"], [null, "NCCL"]]}]}   last byte, inclusive; null: without end
[[nodiscard]] nlohmann::ordered_json table_to_json(const DecisionTable& table);

/// The same table again. Throws DataError: key, found, allowed.
[[nodiscard]] DecisionTable table_from_json(const JsonCursor& place);

}  // namespace arbiter
